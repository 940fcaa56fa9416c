import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until, type Outcome } from './site.ts'

interface Member {
  peerId: string
  name?: string
  self?: true
  status: string
  before?: string
  phi?: number
  epoch: number
  addresses: string[]
  topics: string[]
  version: string
  connected: boolean
}

/** Three nodes: `b` and `c` have joined by the ticket of the default one. */
const site = new Site()
const ids = new Map<string, string>()
const nodes = ['a', 'b', 'c'] as const
const flag = (node: string): string[] => (node === 'a' ? [] : ['--node', node])
const run = (node: string, ...args: string[]): Promise<Outcome> => site.run([...flag(node), ...args])
const members = async (node: string, ...args: string[]): Promise<Member[]> =>
  JSON.parse(await site.ok([...flag(node), 'members', ...args, '--json'])) as Member[]
const sees = (on: string, of: string, holds: (member: Member | undefined) => boolean): Promise<unknown> =>
  until(async () => (await members(on)).find(({ peerId }) => peerId === ids.get(of)), holds)

beforeAll(async () => {
  await site.ok(['init', '--name', 'a'])
  await site.ok(['network', 'create', 'demo'])
  await site.up()
  const ticket = await site.ok(['ticket'])
  for (const node of ['b', 'c']) {
    await site.ok([...flag(node), 'init', '--name', node])
    await site.ok([...flag(node), 'join', ticket])
    await site.up(node)
  }
  for (const node of nodes) {
    ids.set(node, (JSON.parse(await site.ok([...flag(node), 'id', '--json'])) as Member).peerId)
    await site.ok([...flag(node), 'topic', 'add', `of-${node}`])
  }
})
afterAll(() => site.close('b', 'c', undefined))

test('every node sees all, with what each says of itself, and finds those whom no ticket names', async () => {
  for (const on of nodes) {
    for (const of of nodes) {
      await sees(on, of, (member) => member?.status === 'alive' && member.topics.join() === `of-${of}`)
      // Members that are known through others only are dialled too.
      if (of !== on) await sees(on, of, (member) => member?.connected === true && member.phi !== undefined)
    }
    expect((await members(on))[0]).toMatchObject({
      self: true,
      name: on,
      addresses: [expect.stringContaining('/tcp/')],
    })
  }
})

test('member ls is a table, and filters by status and tag', async () => {
  const lines = (await site.ok(['member', 'ls'])).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^…\w{6} +a +alive +this node +127\.0\.0\.1:\d+ +\d/)
  expect(lines[1]).toMatch(/^…\w{6} +b +alive +\d+ \w+ +phi \d/)
  expect(await members('a', '--status', 'failed,left')).toEqual([])
  expect(await members('a', '--status', 'alive')).toHaveLength(3)
  expect(await members('a', '--tag', 'role=re*')).toEqual([])
  expect(await run('a', 'members', '--status', 'dead')).toMatchObject({ code: 2 })
  expect(await run('a', 'members', '--tag', '=x')).toMatchObject({ code: 2 })
})

test('member show tells of one, named by id, end of id or name', async () => {
  const id = ids.get('b')!
  for (const text of [id, id.slice(-6), 'b']) {
    expect(JSON.parse(await site.ok(['member', 'show', text, '--json']))).toMatchObject({
      peerId: id,
      topics: ['of-b'],
    })
  }
  const screen = await site.ok(['member', 'show', 'b'])
  for (const part of [`member   ${id} (calls itself b)`, 'status   alive, since', 'life     epoch ', 'topics   of-b'])
    expect(screen).toContain(part)
  expect(await run('a', 'member', 'show', 'nobody')).toMatchObject({ code: 1 })
})

test('a watch tells who leaves, comes back and fails; only who is gone can be forgotten', async () => {
  const watch = site.start(['member', 'ls', '--watch', '--json'], { stdin: '' })
  const changes = (): string[] =>
    watch
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Member)
      .filter(({ peerId, before }) => peerId === ids.get('c') && before !== undefined)
      .map(({ before, status }) => `${before} ${status}`)
  await watch.saw(ids.get('c')!)
  expect(await run('a', 'member', 'forget', 'c')).toMatchObject({ code: 2 })
  await site.ok(['--node', 'c', 'down'])
  await until(changes, (seen) => seen.includes('alive left'))
  expect(await members('b', '--status', 'left')).toMatchObject([{ peerId: ids.get('c'), topics: ['of-c'] }])
  const { epoch } = (await members('b', '--status', 'left'))[0]!
  await site.up('c')
  await until(changes, (seen) => seen.at(-1) === 'left alive')
  // Who is not watched yet in its new life is suspected by nobody before it is failed.
  const isWatched = (member: Member | undefined): boolean =>
    member?.status === 'alive' && member.epoch > epoch && member.phi !== undefined
  for (const on of ['a', 'b']) await sees(on, 'c', isWatched)
  process.kill(site.pid('c'), 'SIGKILL')
  await until(changes, (seen) => seen.at(-1) === 'suspect failed', 30_000)
  await sees('b', 'c', (member) => member?.status === 'failed')
  expect(changes()).not.toContain('alive failed')
  expect(await site.ok(['member', 'forget', 'c'])).toBe(ids.get('c'))
  expect((await members('a')).map(({ name }) => name)).toEqual(['a', 'b'])
  watch.child.kill('SIGINT')
  expect(await watch.outcome).toMatchObject({ code: 0 })
})
