import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerView, QueryEndView, QueryItemView } from '@grapevine/protocol/control'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Site, until, type Outcome, type Running } from './site.ts'

/** Five nodes around `a`: they connect to nobody else. */
const site = new Site()
const nodes = ['a', 'b', 'c', 'd', 'e'] as const
const flag = (node: string): string[] => (node === 'a' ? [] : ['--node', node])
const run = (node: string, ...args: string[]): Promise<Outcome> => site.run([...flag(node), ...args])
const ok = (node: string, ...args: string[]): Promise<string> => site.ok([...flag(node), ...args])
const names = new Map<string, string>()
const running: Running[] = []

async function start(node: string, ready: string, ...args: string[]): Promise<Running> {
  const started = site.start([...flag(node), ...args])
  running.push(started)
  await started.saw(ready)
  return started
}

const respond = (node: string, name: string, exec: string, ...args: string[]): Promise<Running> =>
  start(node, `responding to ${name}`, 'respond', name, '--exec', exec, ...args)

async function query(node: string, ...args: string[]): Promise<QueryItemView[]> {
  const { stdout } = await run(node, 'query', ...args, '--json')
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as QueryItemView)
}

const endOf = (items: readonly QueryItemView[]): QueryEndView => items.at(-1) as QueryEndView
const answersOf = (items: readonly QueryItemView[]): Record<string, string | undefined> =>
  Object.fromEntries(
    items
      .filter((item): item is AnswerView => item.type === 'answer')
      .map(({ peer, text }) => [names.get(peer)!, text?.trim()]),
  )

beforeAll(async () => {
  await site.ok(['init', '--name', 'a'])
  await site.ok(['network', 'create', 'demo'])
  await ok('a', 'config', 'set', 'connections.target', '0')
  await site.up()
  const ticket = await site.ok(['ticket'])
  for (const node of nodes.slice(1)) {
    await ok(node, 'init', '--name', node)
    await ok(node, 'join', ticket)
    await ok(node, 'config', 'set', 'connections.target', '0')
    await site.up(node)
  }
  for (const node of nodes) {
    names.set((JSON.parse(await ok(node, 'id', '--json')) as { peerId: string }).peerId, node)
    await ok(node, 'state', 'set', `role=${node < 'd' ? 'relay' : 'leaf'}`)
  }
  for (const node of nodes) {
    await until(
      async () => JSON.parse(await ok(node, 'members', '--tag', 'role', '--json')) as unknown[],
      ({ length }) => length === 5,
    )
  }
})
afterAll(() => site.close('e', 'd', 'c', 'b', undefined))
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGTERM')
})

describe('query', () => {
  test('collects answers by tag over nodes that are not connected, and says how many came', async () => {
    for (const node of nodes) await respond(node, 'who', `echo ${node} $GRAPEVINE_QUERY_NAME $(cat)`)
    const relays = await query('e', 'who', 'please', '--tag', 'role=re*')
    expect(answersOf(relays)).toEqual({ a: 'a who please', b: 'b who please', c: 'c who please' })
    expect(endOf(relays)).toMatchObject({ members: 3, acknowledged: 3, answered: 3, silent: [] })
    const { stdout, stderr, code } = await run('b', 'query', 'who', '--peer', 'd', '--peer', 'e', '--relay-factor', '2')
    expect(code).toBe(0)
    const answers = stdout.split('\n').slice(0, -1)
    for (const answer of answers) expect(answer).toMatch(/^….{6}\t[de] who$/)
    expect(new Set(answers.map((answer) => answer.split('\t')[1]))).toEqual(new Set(['d who', 'e who']))
    expect(stderr).toMatch(/2 of 2 members acknowledged, 2 answered, after/)
  })

  test('says what is wrong where there is no answer', async () => {
    const nobody = await run('a', 'query', 'nothing')
    expect(nobody.code).toBe(1)
    expect(nobody.stderr).toContain('5 of 5 members acknowledged, 0 answered')
    expect(nobody.stderr).toContain('nobody answers nothing')
    const none = await run('a', 'query', 'nothing', '--tag', 'role=x', '--timeout', '100ms', '--json')
    expect(JSON.parse(none.stderr)).toMatchObject({ error: { code: 'not-found' } })
    expect((await run('a', 'query', 'a b')).code).toBe(2)
    expect((await run('a', 'query', 'x', 'y'.repeat(8193))).stderr).toContain('8192 bytes')
    expect(Object.keys(answersOf(await query('c', 'ping', '--no-ack', '--timeout', '2s'))).toSorted()).toEqual([
      ...nodes,
    ])
  })

  test('tells of responders that hang, fail, or print too much', async () => {
    await respond('b', 'hard', 'sleep 100', '--timeout', '200ms')
    await respond('c', 'hard', 'echo partly; exit 3')
    await respond('d', 'hard', 'yes')
    await respond('e', 'hard', 'head -c 16384 /dev/zero')
    const items = await query('a', 'hard', '--timeout', '20s')
    const reasons = Object.fromEntries(
      items.flatMap((item) => (item.type === 'failed' ? [[names.get(item.peer), item.reason]] : [])),
    )
    expect(reasons).toEqual({ b: 'no end within 0.2 s', c: 'exit code 3', d: 'more than 16384 bytes of output' })
    expect(items.find(({ type }) => type === 'answer')).toMatchObject({ size: 16_384 })
    expect(endOf(items)).toMatchObject({ acknowledged: 5, answered: 1, failed: 3 })
  })
})

test('request prints the answer of one member, or says why there is none', async () => {
  await respond('b', 'sum', 'read a b; echo $((a + b))')
  expect((await site.run([...flag('e'), 'request', 'b', 'sum', '-'], { stdin: '2 3' })).stdout).toBe('5\n')
  await respond('b', 'slow', 'sleep 100')
  const slow = await run('e', 'request', 'b', 'slow', '--timeout', '300ms')
  expect(slow).toMatchObject({ code: 4, stdout: '' })
  const nobody = await run('e', 'request', 'c', 'sum', '--json')
  expect(nobody.code).toBe(1)
  expect(JSON.parse(nobody.stderr)).toMatchObject({ error: { code: 'no-responder' } })
  await respond('c', 'bad', 'exit 7')
  expect((await run('e', 'request', 'c', 'bad')).stderr).toContain('exit code 7')
})

describe('on', () => {
  test('runs commands for keys, topics and queries, each with what it is about', async () => {
    const file = join(site.directory, 'rules')
    writeFileSync(
      file,
      [
        '# all of them',
        'state:mood,state:role=x* echo "$GRAPEVINE_EVENT $GRAPEVINE_KEY $(cat)"',
        'query:hi  echo hello',
      ].join('\n'),
    )
    const on = await start(
      'a',
      'watching for 4 rules',
      'on',
      'topic:news',
      '--exec',
      'echo "$GRAPEVINE_TOPIC $(cat)"',
      '--rules',
      file,
    )
    await ok('b', 'state', 'set', 'mood=fine')
    await on.saw('state-set mood fine')
    await ok('b', 'state', 'set', 'role=relay')
    await ok('c', 'state', 'set', 'role=xenon')
    await on.saw('state-set role xenon')
    await ok('b', 'state', 'rm', 'mood')
    await on.saw('state-removed mood')
    expect(on.stdout()).not.toContain('relay')
    await ok('b', 'pub', 'news', 'it rains', '--wait-peers', '1')
    await on.saw('news it rains')
    expect(await ok('d', 'request', 'a', 'hi')).toBe('hello')
    await ok('c', 'state', 'set', 'role=relay')
    on.child.kill('SIGINT')
    expect((await on.outcome).code).toBe(0)
  })

  test('runs a command when a member has failed, and when it is back; what fails is told', async () => {
    const told = await start(
      'a',
      'watching for 3 rules',
      'on',
      'member-failed',
      'member-joined',
      'member-left',
      '--exec',
      'echo "$GRAPEVINE_EVENT $GRAPEVINE_MEMBER_NAME $GRAPEVINE_MEMBER_BEFORE"; exit 3',
    )
    process.kill(site.pid('e'), 'SIGKILL')
    await until(
      () => told.stdout() + told.stderr(),
      (text) => text.includes('member-failed e'),
      30_000,
    )
    await told.saw('command for member-failed: exit code 3')
    await site.up('e')
    await until(
      () => told.stdout() + told.stderr(),
      (text) => text.includes('member-joined e failed'),
      30_000,
    )
    await ok('e', 'down')
    await until(
      () => told.stdout() + told.stderr(),
      (text) => text.includes('member-left e'),
      30_000,
    )
    await site.up('e')
    await until(told.stdout, (text) => text.match(/member-joined e/g)?.length === 2)
    // Nobody else was told of, nor those who were there.
    expect(
      new Set(
        told
          .stdout()
          .split('\n')
          .slice(0, -1)
          .map((line) => line.split(' ')[1]),
      ),
    ).toEqual(new Set(['e']))
  })

  test('ends with the node, or waits for it and goes on', async () => {
    const short = await start('d', 'watching for 1 rule', 'on', 'state:x', '--exec', 'cat')
    const long = await start('d', 'watching for 1 rule', 'on', 'state:x', '--exec', 'cat', '--reconnect')
    const responder = await respond('d', 'still', 'echo there', '--reconnect')
    await ok('d', 'down')
    expect((await short.outcome).code).toBe(1)
    await long.saw('waiting for it')
    await site.up('d')
    await until(long.stderr, (text) => text.match(/watching for/g)?.length === 2)
    await until(responder.stderr, (text) => text.match(/responding to/g)?.length === 2)
    await ok('d', 'state', 'set', 'x=again')
    await long.saw('again')
    expect(await ok('d', 'request', 'd', 'still')).toBe('there')
    await until(
      () => run('b', 'request', 'd', 'still', '--timeout', '1s'),
      ({ stdout }) => stdout === 'there\n',
    )
  })

  test('lets the command that runs come to its end when it is told to stop', async () => {
    const done = join(site.directory, 'done')
    const on = await start(
      'a',
      'watching for 1 rule',
      'on',
      'state:go',
      '--exec',
      `echo begun; sleep 1; echo end > ${done}`,
    )
    await ok('b', 'state', 'set', 'go=now')
    await on.saw('begun')
    on.child.kill('SIGTERM')
    expect((await on.outcome).code).toBe(0)
    expect(readFileSync(done, 'utf8')).toBe('end\n')
  })

  test('refuses what is no rule', async () => {
    for (const args of [
      [],
      ['member-dead', '--exec', 'true'],
      ['member-failed'],
      ['--exec', 'true'],
      ['--rules', 'nothing'],
    ])
      expect((await run('a', 'on', ...args)).code).toBe(2)
  })
})
