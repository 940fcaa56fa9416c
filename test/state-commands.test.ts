import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ErrorView, SharedView, StateChangeView, StateView } from '@grapevine/protocol/control'
import { execa } from 'execa'
import { afterEach, expect, test } from 'vitest'
import { Site, until } from './site.ts'

const bundle = fileURLToPath(new URL('../packages/cli/dist/bundle/main.js', import.meta.url))

let site = new Site()
const names = [undefined, 'b', 'c']
type Name = string | undefined

afterEach(async () => {
  await site.close(...names)
  site = new Site()
})

const flag = (name: Name): string[] => (name === undefined ? [] : ['--node', name])
const state = (name: Name, ...args: string[]): Promise<string> => site.ok([...flag(name), 'state', ...args])

/** A network of so many nodes, the first in the default home. */
async function network(nodes: number): Promise<string[]> {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
  const ticket = await site.ok(['ticket'])
  for (const name of names.slice(1, nodes)) {
    await site.ok([...flag(name), 'join', '-'], { stdin: ticket })
    await site.up(name)
  }
  return Promise.all(names.slice(0, nodes).map((name) => site.ok([...flag(name), 'id'])))
}

/** What a command says once it says this; it may fail until then. */
async function says(name: Name, args: readonly string[], wanted: string): Promise<void> {
  await until(
    async () => (await site.run([...flag(name), 'state', ...args])).stdout,
    (stdout) => stdout.replace(/\n$/, '') === wanted,
  )
}

test('a key of one node is read on the others, survives its restart, and stays deleted when a node with an old copy returns', async () => {
  const [a = '', b = ''] = await network(3)
  expect(await state(undefined, 'set', 'role=relay', 'zone=eu')).toBe('role = relay\nzone = eu')
  await state('b', 'set', 'gone', 'soon')
  for (const name of ['b', 'c']) await says(name, ['get', 'role', '--of', a.slice(-6)], 'relay')
  for (const name of [undefined, 'c']) await says(name, ['get', 'gone', '--of', b], 'soon')
  expect(await state('b', 'get', 'gone')).toBe('soon')

  // It takes its copy along, and misses the deletion.
  await site.ok(['--node', 'c', 'down'])
  await state('b', 'rm', 'gone')
  const absent = async (name: Name): Promise<boolean> => {
    const { code, stdout } = await site.run([...flag(name), 'state', 'get', 'gone', '--of', b])
    return code === 1 && stdout === ''
  }
  await until(() => absent(undefined), Boolean)
  await site.ok(['--node', 'b', 'down'])
  await site.up('c')
  await until(() => absent('c'), Boolean)
  await site.up('b')
  await says('b', ['get', 'role', '--of', a], 'relay')
  for (const name of names) expect(await absent(name)).toBe(true)

  await site.ok(['down'])
  await site.up()
  expect(await state(undefined, 'get', 'role')).toBe('relay')
  // What was acknowledged is on disk, whatever becomes of the process.
  await state(undefined, 'set', 'zone=us')
  process.kill(site.pid(), 'SIGKILL')
  await site.up()
  const listed = JSON.parse(await state(undefined, 'ls', '--json')) as StateView[]
  expect(listed.map(({ key, text, peerId }) => [key, text, peerId])).toEqual([
    ['role', 'relay', a],
    ['zone', 'us', a],
  ])
  await until(
    async () => JSON.parse(await state('c', 'ls', '--of', a, '--json')) as StateView[],
    ([first]) => first?.epoch === listed[0]!.epoch,
  )
})

test('values are binary, up to 64 KiB, and come out as they went in; what is larger, or no key, is refused', async () => {
  const [a = ''] = await network(2)
  const bytes = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 256))
  writeFileSync(join(site.directory, 'bytes'), bytes)
  await state(undefined, 'set', 'bytes', '--file', 'bytes')
  await site.ok(['state', 'set', 'line', '-'], { stdin: 'with a newline\n' })
  const back = join(site.directory, 'back')
  await until(
    async () => (await site.run(['--node', 'b', 'state', 'get', 'line', '--of', a])).stdout,
    (stdout) => stdout === 'with a newline\n',
  )
  const view = JSON.parse(await state('b', 'get', 'bytes', '--of', a, '--json')) as StateView
  writeFileSync(back, Buffer.from(view.base64!, 'base64'))
  expect(readFileSync(back).equals(bytes)).toBe(true)
  expect(await state('b', 'ls', '--of', a)).toMatch(/bytes +0x[0-9a-f]+… 65536 bytes +version \d+/)
  const refused = async (code: number, kind: string, args: string[], stdin?: Buffer): Promise<void> => {
    const outcome = await site.run(['state', ...args, '--json'], stdin === undefined ? {} : { stdin })
    expect(outcome).toMatchObject({ code, stdout: '' })
    const { error } = JSON.parse(outcome.stderr) as ErrorView
    expect(error).toMatchObject({ code: kind, hint: expect.any(String) })
  }
  await refused(1, 'oversize', ['set', 'k', '-'], Buffer.alloc(65_537))
  await refused(2, 'usage', ['set', 'a b=c'])
  await refused(2, 'usage', ['set', `${'k'.repeat(251)}=c`])
  await refused(1, 'not-found', ['get', 'absent'])
  await refused(1, 'not-found', ['get', 'line', '--of', 'nobody'])
  await refused(1, 'not-found', ['rm', 'line', 'absent'])
  await refused(1, 'not-found', ['shared', 'get', 'absent'])
})

test('a key can be waited for', async () => {
  const [a = '', b = ''] = await network(2)
  const get = ['--node', 'b', 'state', 'get', 'later', '--of', a]
  const late = await site.run([...get, '--timeout', '300ms'])
  expect(late).toMatchObject({ code: 4, stdout: '' })
  expect(late.stderr).toContain('has had no key later for 0.3 s')
  const waiting = site.start([...get, '--timeout', '30s'])
  await state(undefined, 'set', 'latest=1', 'later=here')
  expect(await waiting.outcome).toMatchObject({ code: 0, stdout: 'here' })
  expect(await state(undefined, 'get', 'later', '--timeout', '1s')).toBe('here')
  // A node that nobody has heard of may still come.
  const stranger = b.replace(/.{6}$/, 'zzzzzz')
  expect(await site.run(['state', 'get', 'k', '--of', stranger, '--timeout', '200ms'])).toMatchObject({ code: 4 })
})

test.skipIf(!existsSync('/usr/bin/script'))('what a value says does nothing to a terminal', async () => {
  await network(1)
  const evil = 'a\u001b[2J\u202eb\nc'
  await site.ok(['state', 'set', 'evil', evil])
  const { HOME: _, ...env } = process.env
  const onTerminal = async (...args: string[]): Promise<string> => {
    const line = [process.execPath, bundle, 'state', ...args].map((word) => `'${word}'`).join(' ')
    const { stdout } = await execa('/usr/bin/script', ['-qec', line, '/dev/null'], {
      env: { ...env, HOME: site.directory },
    })
    return stdout
  }
  expect(await onTerminal('get', 'evil')).toBe(String.raw`a\e[2J\u{202e}b\nc`)
  for (const shown of [await onTerminal('ls', '--all'), await onTerminal('watch', '--count', '1')]) {
    expect(shown).toContain(String.raw`a\e[2J\u{202e}b\nc`)
    expect(shown).not.toMatch(/\[2J(?<!e\[2J)|\u202e/)
  }
  expect(JSON.parse(await onTerminal('get', 'evil', '--json'))).toMatchObject({ text: evil })
  // Into a pipe it goes as it is.
  expect((await site.run(['state', 'get', 'evil'])).stdout).toBe(evil)
})

test('1,000 keys of a node come to another; one more than there is room for is refused', async () => {
  const [a = ''] = await network(2)
  await state(undefined, 'set', ...Array.from({ length: 1000 }, (_, index) => `key${index}=value ${index}`))
  await says('b', ['get', 'key999', '--of', a], 'value 999')
  expect((await state('b', 'ls', '--of', a)).split('\n')).toHaveLength(1000)
  const more = await site.run(['state', 'set', ...Array.from({ length: 9 }, (_, index) => `more${index}=x`)])
  expect(more).toMatchObject({ code: 1, stdout: '' })
  expect(more.stderr).toContain('at most 1,008 keys')
  // All or none.
  expect(await site.run(['state', 'get', 'more0'])).toMatchObject({ code: 1 })
  await state(undefined, 'set', 'more=x')
  await site.ok(['down'])
  await site.up()
  expect((await state(undefined, 'ls', '--limit', '2000')).split('\n')).toHaveLength(1001)
})

test('a watch prints what is there, then each change once, over a restart of the node that it watches through', async () => {
  const [a = ''] = await network(2)
  await state(undefined, 'set', 'role=one')
  await says('b', ['get', 'role', '--of', a], 'one')
  const plain = site.start(['--node', 'b', 'state', 'watch', 'r*', '--of', a, '--count', '4'])
  await plain.saw('watching; 1 key there')
  const json = site.start(['--node', 'b', 'state', 'watch', '--json', '--reconnect', '--new'])
  await json.saw('watching')
  const seen = async (text: string): Promise<void> => void (await until(plain.stdout, (said) => said.includes(text)))
  await state(undefined, 'set', 'role=two', 'other=1')
  await seen('role=two')
  await state(undefined, 'set', 'role=\u001b[31mthree\nfour')
  await seen('three')
  await state(undefined, 'rm', 'role')
  const short = `…${a.slice(-6)}`
  expect(await plain.outcome).toMatchObject({
    code: 0,
    stdout: `${short} role=one\n${short} role=two\n${short} role=\\e[31mthree\\nfour\n${short} role deleted\n`,
  })
  await site.ok(['--node', 'b', 'down'])
  await json.saw('waiting for it')
  await state(undefined, 'set', 'other=2')
  await site.up('b')
  await json.saw('gap')
  await until(json.stdout, (said) => said.includes('"text":"2"'))
  json.child.kill('SIGINT')
  const { code, stdout } = await json.outcome
  expect(code).toBe(0)
  const changes = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StateChangeView)
    .filter(({ change }) => change !== undefined)
  expect(changes.slice(0, 4).map(({ key, text, change }) => [key, text ?? change])).toEqual([
    ['role', 'two'],
    ['other', '1'],
    ['role', '\u001b[31mthree\nfour'],
    ['role', 'removed'],
  ])
})

test('keys that several nodes write are the same on all of them after they were apart', async () => {
  const [, b = ''] = await network(3)
  await state(undefined, 'shared', 'set', 'leader', 'anna')
  await state('b', 'counter', 'add', 'hits', '5')
  await state('c', 'group', 'add', 'jobs', 'build', 'test')
  for (const name of names) {
    await says(name, ['shared', 'get', 'leader'], 'anna')
    await says(name, ['counter', 'get', 'hits'], '5')
    await says(name, ['group', 'ls', 'jobs'], 'build\ntest')
  }
  // Nobody sees anybody: each writes alone while the others are down.
  for (const name of ['b', 'c']) await site.ok(['--node', name, 'down'])
  await state(undefined, 'counter', 'add', 'hits', '-2')
  await state(undefined, 'group', 'rm', 'jobs', 'build', 'test')
  await site.ok(['down'])
  await site.up('b')
  expect(await state('b', 'counter', 'add', 'hits')).toBe('6')
  await state('b', 'shared', 'set', 'leader', 'bert')
  await site.ok(['--node', 'b', 'down'])
  await site.up('c')
  await state('c', 'counter', 'add', 'hits', '10')
  // It is there already, as c sees it: to win over the removal it is added anew.
  await state('c', 'group', 'rm', 'jobs', 'build')
  await state('c', 'group', 'add', 'jobs', 'build', 'ship')
  for (const name of [undefined, 'b']) await site.up(name)
  for (const name of names) {
    await says(name, ['counter', 'get', 'hits'], '14')
    await says(name, ['shared', 'get', 'leader'], 'bert')
    await says(name, ['group', 'ls', 'jobs'], 'build\nship')
  }
  const listed = JSON.parse(await state('c', 'shared', 'ls', '--json')) as SharedView[]
  expect(listed.map(({ kind, key, count, by, writers }) => [kind, key, count ?? by, writers])).toEqual([
    ['counter', 'hits', 14, 3],
    ['group', 'jobs', 2, 2],
    ['value', 'leader', b, 2],
  ])
  const watch = site.start(['state', 'shared', 'watch', 'h*', '--count', '2'])
  await watch.saw('watching')
  await state('b', 'counter', 'add', 'hits')
  expect(await watch.outcome).toMatchObject({ code: 0, stdout: 'counter hits=14\ncounter hits=15\n' })
})
