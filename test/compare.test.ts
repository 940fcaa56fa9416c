import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  EvidenceDetailView,
  EvidenceView,
  StatusView,
  TopicVerifyView,
  WhyView,
} from '@grapevine/protocol/control'
import { afterEach, expect, test } from 'vitest'
import { dialForeign, type ForeignPeer } from '../packages/node/test/test-network.ts'
import { Site, until } from './site.ts'

let site = new Site()
const names = [undefined, 'b', 'c', 'd', 'e']
afterEach(async () => {
  await site.close(...names)
  site = new Site()
})

const flag = (name: string | undefined): string[] => (name === undefined ? [] : ['--node', name])
const statusOf = async (name?: string): Promise<StatusView> =>
  JSON.parse(await site.ok([...flag(name), 'status', '--json'])) as StatusView
const verify = async (name?: string): Promise<TopicVerifyView> =>
  JSON.parse((await site.run([...flag(name), 'topic', 'verify', 'chat', '--json'])).stdout) as TopicVerifyView

/** Nodes that hold topic chat, each connected to the first, and compare their stores when they meet, then not for an hour. */
async function network(nodes: number): Promise<void> {
  await site.ok(['network', 'create', 'demo'])
  for (const name of names.slice(0, nodes)) {
    if (name !== undefined) await site.ok([...flag(name), 'join', '-'], { stdin: await site.ok(['ticket']) })
    await site.ok([...flag(name), 'config', 'set', 'reconcile.intervalMs', '3600000'])
    await site.up(name)
    await site.ok([...flag(name), 'topic', 'add', 'chat'])
  }
}

/** A program that signs what it likes, connected to a node. */
async function connect(name?: string): Promise<ForeignPeer> {
  const { addresses, network: ours, peerId } = await statusOf(name)
  const peer = await dialForeign({ address: addresses[0]!, network: ours.id, peerId, topics: ['chat'] })
  await until(
    () => peer.gossip.getSubscribers(peer.wireName('chat')).length,
    (count) => count > 0,
  )
  return peer
}

/** Author times old enough to be compared. */
const start = Date.now() * 1000 - 120_000_000
let said = 0
async function say(peer: ForeignPeer, count: number): Promise<void> {
  for (const end = said + count; said < end; said++) {
    await peer.publish('chat', peer.envelope('chat', `m${said}`, { sequence: said + 1, time: start + said * 1000 }))
  }
}

test('five nodes agree; one that lacks messages is named with how many and from when; topic sync brings them', async () => {
  await network(5)
  const author = await connect()
  await say(author, 50)
  const agreed = await until(
    () => verify(),
    ({ result, self }) => result === 'equal' && self.count === 50,
    30_000,
  )
  const nodes = agreed.peers.filter(({ state }) => state === 'equal')
  expect(nodes.map(({ count, root }) => ({ count, root }))).toEqual(
    Array.from({ length: 4 }, () => ({ count: 50, root: agreed.self.root })),
  )
  const shown = await site.run(['topic', 'verify', 'chat'])
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout.match(/50 messages {2}[0-9a-f]{16} {2}equal/g)).toHaveLength(4)
  for (const name of names)
    expect(await site.run([...flag(name), 'topic', 'verify', 'chat'])).toMatchObject({ code: 0 })

  // It takes less of one author than is said, and there is no round that would bring the rest.
  await site.ok(['--node', 'c', 'topic', 'define', 'chat', '--rate', '1', '--replace'])
  const id = await site.ok(['--node', 'c', 'id'])
  const short = `…${id.slice(-6)}`
  const differing = await until(
    async () => {
      await say(author, 20)
      return site.run(['topic', 'verify', 'chat'])
    },
    ({ code, stdout }) => code === 1 && stdout.includes(`${short} lacks`),
    40_000,
  )
  expect(differing.stdout).toMatch(new RegExp(`${short} .+ differs: it lacks \\d+\\n`))
  expect(differing.stdout).toMatch(new RegExp(`${short} lacks: \\d+ from 20\\S+Z to 20\\S+Z`))
  expect(differing.stderr).toContain(`hint: make them equal now: grapevine topic sync chat --with ${id}`)

  const dry = await site.ok(['topic', 'sync', 'chat', '--with', id, '--dry-run'])
  expect(dry).toMatch(/would come: 0\nwould go: \d+/)
  expect(await site.ok(['topic', 'sync', 'chat', '--with', id.slice(-6)])).toMatch(/0 messages came, \d+ went$/)
  const after = await until(
    () => site.run(['topic', 'verify', 'chat', id]),
    ({ code }) => code === 0,
  )
  expect(after.stdout).toContain('equal')

  await site.ok(['--node', 'c', 'down'])
  await until(
    () => verify('c').catch(() => undefined),
    (view) => view === undefined,
  )
  expect(await site.run(['topic', 'verify', 'chat', id, '--timeout', '2'])).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('unreachable'),
  })
  expect(await site.run(['--node', 'c', 'topic', 'verify', 'chat'])).toMatchObject({ code: 3 })
})

test('an author that tells two nodes different things under one number: both hold both, agree, and have a proof that a third party checks', async () => {
  await network(2)
  const liar = await connect()
  const other = await statusOf('b')
  await liar.dial(other.addresses[0]!)
  const { peerId } = await statusOf()
  await until(
    () => liar.inner.streamsOutbound,
    (streams) => streams.has(peerId) && streams.has(other.peerId),
  )
  const time = start
  const [yes, no] = ['yes', 'no'].map((text) => liar.envelope('chat', text, { sequence: 7, time }))
  const topic = liar.wireName('chat')
  liar.inner.sendRpc(peerId, { subscriptions: [], messages: [{ topic, data: yes }] })
  liar.inner.sendRpc(other.peerId, { subscriptions: [], messages: [{ topic, data: no }] })

  const listOf = async (name?: string): Promise<readonly EvidenceView[]> =>
    JSON.parse(await site.ok([...flag(name), 'evidence', 'ls', '--json'])) as readonly EvidenceView[]
  const [mine, theirs] = await until(
    async () => [await listOf(), await listOf('b')] as const,
    (lists) => lists.every(({ length }) => length === 1),
    30_000,
  )
  expect(mine[0]!.id).toBe(theirs[0]!.id)
  expect(await verify()).toMatchObject({ result: 'equal', self: { count: 2 } })
  expect(await statusOf('b')).toMatchObject({ evidence: 1 })
  expect(await site.ok(['status'])).toContain('evidence')

  const id = mine[0]!.id
  const view = JSON.parse(await site.ok(['evidence', 'show', id.slice(0, 12), '--json'])) as EvidenceDetailView
  for (const { id: message } of view.statements) {
    expect(JSON.parse(await site.ok(['why', message, '--json'])) as WhyView).toMatchObject({ evidence: [id] })
  }
  expect(await site.ok(['why', view.statements[0]!.id])).toContain('its author signed another message as this number')
  expect(await site.ok(['evidence', 'show', id])).toContain('“yes”')

  // A third party has the file and nothing else.
  const file = await site.ok(['--node', 'b', 'evidence', 'export', id])
  expect(file).toBe(await site.ok(['evidence', 'export', id]))
  const path = join(site.directory, 'evidence.json')
  writeFileSync(path, file)
  await site.ok(['down'])
  await site.ok(['--node', 'b', 'down'])
  const checked = await site.run(['--node', 'third', 'evidence', 'verify', path])
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^the proof holds/) })
  const tampered = file.replace(/"topic": "chat"/, '"topic": "chess"')
  expect(await site.run(['--node', 'third', 'evidence', 'verify', '-'], { stdin: tampered })).toMatchObject({
    code: 1,
    stderr: 'error: it proves nothing: a signature is not that of the author\n',
  })
})
