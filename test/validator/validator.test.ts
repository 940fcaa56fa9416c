import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TopicDetailView, WhyView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Site, until } from '../site.ts'

const run = promisify(execFile)
const examples = fileURLToPath(new URL('../../examples/validators', import.meta.url))
/** How long after its child a parent comes. The promise is about a minute: GRAPEVINE_PARENT_MS=60000. */
const parentMs = Number(process.env['GRAPEVINE_PARENT_MS'] ?? 7_000)

const has = (program: string): boolean => {
  try {
    execFileSync(program, [program === 'go' ? 'version' : '--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
/** Without its language an example cannot be run; the machine of the checks has all three. */
const hasJq = has('jq')
const hasGo = has('go')

const site = new Site()
const at = (node: string): string[] => ['--node', node]
const ids = new Map<string, string>()

/** The id of a payload on a topic with ids by content. */
const idOf = (payload: string): string => createHash('sha256').update(payload).digest('hex')

async function pub(node: string, topic: string, payload: string): Promise<string> {
  const { code, stdout, stderr } = await site.run([...at(node), 'pub', topic, payload, '--json'])
  return code === 0 ? 'accepted' : (JSON.parse(stderr || stdout) as { error: { code: string } }).error.code
}

const show = async (node: string, topic: string): Promise<TopicDetailView> =>
  JSON.parse(await site.ok([...at(node), 'topic', 'show', topic, '--json'])) as TopicDetailView

const why = async (node: string, id: string): Promise<WhyView> =>
  JSON.parse(await site.ok([...at(node), 'why', id, '--json'])) as WhyView

beforeAll(async () => {
  await site.ok([...at('a'), 'network', 'create', 'demo'])
  await site.up('a')
  for (const [node, through] of [
    ['b', 'a'],
    ['c', 'b'],
  ] as const) {
    await site.ok([...at(node), 'join', await site.ok([...at(through), 'ticket'])])
    await site.up(node)
  }
  for (const node of ['a', 'b', 'c']) {
    const { peerId } = JSON.parse(await site.ok([...at(node), 'status', '--json'])) as { peerId: string }
    ids.set(node, peerId)
  }
  // A line: what c gets has come through b.
  await site.ok([...at('c'), 'peer', 'block', ids.get('a')!])
})
afterAll(() => site.close('a', 'b', 'c'))

describe('examples of validators', () => {
  test('Python: a message whose parent comes later waits for it, and a third node gets both', async () => {
    const [parent, child] = [JSON.stringify({ parent: null, n: 1 }), '']
    const later = child + JSON.stringify({ parent: idOf(parent), n: 2 })
    for (const node of ['a', 'b', 'c']) {
      const keeps = node === 'c' ? ['--delivery', 'best-effort'] : []
      const judges = node === 'b' ? ['--validator', `python3 ${join(examples, 'python/parents.py')}`] : []
      await site.ok([
        ...at(node),
        'topic',
        'define',
        'chain',
        '--id',
        'content',
        '--validate',
        'each',
        ...keeps,
        ...judges,
      ])
    }
    const reader = site.start([...at('c'), 'sub', 'chain', '--count', '2'])
    await reader.saw('subscribed chain (1 peer)')
    await site.ok([...at('a'), 'pub', 'chain', later, '--wait-peers', '1'])
    const waiting = await until(
      () => why('b', idOf(later)).catch(() => undefined),
      (found) => found?.steps.at(-1)?.verdict === 'defer' || found?.steps.some(({ what }) => what === 'asked') === true,
    )
    expect(waiting?.steps.find(({ verdict }) => verdict === 'defer')).toMatchObject({
      reason: 'deferred',
      detail: `waits for ${idOf(parent).slice(0, 12)}: its parent comes first`,
    })
    expect(await show('b', 'chain')).toMatchObject({ deferred: { messages: 1 }, validator: { state: 'running' } })
    expect(await site.ok([...at('b'), 'topic', 'show', 'chain'])).toContain('deferred')
    expect(await pub('b', 'chain', JSON.stringify({ parent: idOf('nowhere') }))).toBe('deferred')

    await new Promise((resolve) => setTimeout(resolve, parentMs))
    await site.ok([...at('a'), 'pub', 'chain', parent])
    const { stdout } = await reader.outcome
    expect(stdout.trim().split('\n')).toEqual([parent, later])
    const told = await site.ok([...at('b'), 'why', idOf(later)])
    expect(told).toContain('waits for')
    expect(told).toContain('what it waited for was accepted')
    expect(told).toContain('on disk')
  })

  test.skipIf(!hasJq)('shell with jq', async () => {
    const command = join(examples, 'shell-jq/short.sh')
    await site.ok([...at('a'), 'topic', 'add', 'short', '--validator', command])
    expect(await pub('a', 'short', 'hello')).toBe('accepted')
    expect(await pub('a', 'short', 'x'.repeat(101))).toBe('rejected')
    expect(await pub('a', 'short', 'CASINO')).toBe('rejected')
    const text = await site.ok([...at('a'), 'topic', 'show', 'short'])
    expect(text).toContain('running, on failure defer')
    expect(text).toContain('3 of 3 messages: accept 1, ignore 1, reject 1')
  })

  test.skipIf(!hasGo)(
    'Go',
    async () => {
      for (const file of ['main.go', 'go.mod']) copyFileSync(join(examples, 'go', file), join(site.directory, file))
      await run('go', ['build', '-o', 'celsius', '.'], {
        cwd: site.directory,
        env: { ...process.env, GOFLAGS: '-mod=mod' },
      })
      const program = join(site.directory, 'celsius')
      await site.ok([...at('a'), 'topic', 'add', 'sensors', '--validator', `exec ${program}`, '--on-failure', 'ignore'])
      expect(await pub('a', 'sensors', '{"celsius": 21.5}')).toBe('accepted')
      expect(await pub('a', 'sensors', '{"celsius": 2150}')).toBe('rejected')
      expect(await pub('a', 'sensors', 'warm')).toBe('rejected')
      expect((await show('a', 'sensors')).validator).toMatchObject({ onFailure: 'ignore', verdicts: { accept: 1 } })
    },
    60_000,
  )
})

describe('grapevine validate', () => {
  test('judges with a command for as long as it runs; without it, messages wait', async () => {
    const judging = site.start([
      ...at('a'),
      'validate',
      'own',
      '--exec',
      `exec python3 -uc 'import sys, json
for line in sys.stdin: print(json.dumps({"verdict": "ignore" if "bad" in line else "accept"}))'`,
    ])
    await judging.saw('judging own')
    await until(
      () => show('a', 'own').catch(() => undefined),
      (view) => view === undefined || view.validator?.state === 'running',
    )
    expect(await pub('a', 'own', 'good')).toBe('accepted')
    expect(await pub('a', 'own', 'bad')).toBe('rejected')
    judging.child.kill('SIGINT')
    await judging.outcome
    await site.ok([...at('a'), 'topic', 'add', 'own', '--validator', '-', '--validator-timeout', '200ms'])
    expect(await pub('a', 'own', 'good')).toBe('deferred')
    await site.ok([...at('a'), 'topic', 'add', 'own', '--no-validator'])
    expect(await pub('a', 'own', 'bad')).toBe('accepted')
  })
})

test('a validator that is killed in mid-flight, three times, loses nothing', async () => {
  const count = 3_000
  const slow = `exec python3 -uc 'import sys, time
for line in sys.stdin:
    time.sleep(0.0005)
    print("{\\"verdict\\": \\"accept\\"}")'`
  await site.ok([...at('b'), 'topic', 'add', 'flood', '--delivery', 'best-effort', '--validator', slow])
  await site.ok([...at('a'), 'topic', 'add', 'flood', '--delivery', 'best-effort'])
  const reader = site.start([...at('b'), 'sub', 'flood', '--count', String(count), '--timeout', '60s'])
  await reader.saw('subscribed flood')
  const lines = Array.from({ length: count }, (_, number) => `message ${number}`)
  const publishing = site.ok([...at('a'), 'pub', 'flood', '-', '--lines', '--wait-peers', '1'], {
    stdin: lines.join('\n'),
  })
  for (const share of [0.1, 0.4, 0.7]) {
    const { validator } = await until(
      () => show('b', 'flood'),
      (view) => view.validator?.pid !== undefined && (view.validator.verdicts.accept ?? 0) >= share * count,
      60_000,
    )
    process.kill(validator!.pid!, 'SIGKILL')
  }
  await publishing
  const { stdout } = await reader.outcome
  expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(lines))
  const { validator } = await show('b', 'flood')
  expect(validator).toMatchObject({ unjudged: 0, starts: 4 })
})

test('a validator goes with the node, and comes with it again', async () => {
  await site.ok([
    ...at('c'),
    'topic',
    'add',
    'kept',
    '--validator',
    `exec python3 ${join(examples, 'python/parents.py')}`,
  ])
  const { validator } = await show('c', 'kept')
  process.kill(site.pid('c'), 'SIGKILL')
  // Its input ends with the node.
  await until(
    () => isAlive(validator!.pid!),
    (alive) => !alive,
  )
  await site.up('c')
  const again = await until(
    () => show('c', 'kept'),
    (view) => view.validator?.state === 'running',
  )
  expect(again.validator?.command).toContain('parents.py')
  expect(again.validator?.pid).not.toBe(validator!.pid)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
