import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { memory } from '@libp2p/memory'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect, test } from 'vitest'
import { checkInternals } from '../../src/gossip/internals.ts'
import type { Node } from '../../src/node.ts'
import { collect, startForeign, startNode, until } from '../test-network.ts'

const connected = (node: Node): number => node.peers().length

test('the pinned gossipsub has inside what the adapter reaches for, and a changed member is refused', async () => {
  const node = await startNode()
  await node.hold('t')
  const foreign = await startForeign(node, ['t'])
  const manifest = new URL('../../node_modules/@libp2p/gossipsub/package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const comment = readFileSync(new URL('../../src/gossip/internals.ts', import.meta.url), 'utf8')
  expect(comment).toContain(`@libp2p/gossipsub ${version}`)
  expect(() => checkInternals(foreign.gossip)).not.toThrow()
  const members = [
    'mesh',
    'streamsOutbound',
    'streamsInbound',
    'peers',
    'seenCache',
    'publishedMessageIds',
    'score',
    'sendRpc',
    'pushGossip',
    'validateReceivedMessage',
    'handleControlMessage',
    'reportMessageValidationResult',
  ]
  for (const member of members) {
    const changed = new Proxy(foreign.gossip, {
      get: (target, name) => (name === member ? undefined : (Reflect.get(target, name) as unknown)),
    })
    expect(() => checkInternals(changed)).toThrow(`has changed inside: ${member}`)
  }
})

test('a node listens on the transports that it is given', async () => {
  const a = await startNode({ transports: [memory()], listen: ['/memory/a'] })
  expect(a.addresses()[0]).toMatch(/^\/memory\/a/)
})

test('the first publish right after connecting reaches 5 of 5 peers, 20 times in a row', async () => {
  const nodes = [await startNode()]
  for (let index = 0; index < 4; index++) nodes.push(await startNode({ ticket: nodes.at(-1)!.ticket() }))
  const texts = nodes.map((node) => collect(node, 't'))
  for (let round = 0; round < 20; round++) {
    const publisher = await startNode({ ticket: nodes.at(-1)!.ticket() })
    await until(
      () => connected(publisher),
      (peers) => peers === 5,
    )
    await publisher.publish('t', Buffer.from(`round ${round}`))
    await until(
      () => texts.filter((received) => received.includes(`round ${round}`)).length,
      (reached) => reached === 5,
    )
    await publisher.stop()
  }
})

test('a message that is forwarded just when a peer connects reaches that peer, 10 times in a row', async () => {
  const author = await startNode()
  const relay = await startNode({ ticket: author.ticket() })
  await relay.hold('t')
  await author.publish('t', Buffer.from('warm'), { waitPeers: 1 })
  for (let round = 0; round < 10; round++) {
    const late = await startNode({ ticket: relay.ticket() })
    const texts = collect(late, 't')
    await until(
      () => connected(late),
      (peers) => peers >= 1,
    )
    await author.publish('t', Buffer.from(`round ${round}`))
    await until(() => texts.includes(`round ${round}`), Boolean)
    await late.stop()
  }
})

test('16 nodes on one address form a mesh, and all receive what any of them says', async () => {
  const nodes = [await startNode()]
  for (let index = 0; index < 15; index++) nodes.push(await startNode({ ticket: nodes.at(-1)!.ticket() }))
  const texts = nodes.map((node) => collect(node, 't'))
  await until(
    () => nodes.map((node) => node.topics()[0]?.mesh ?? 0),
    (meshes) => meshes.every((mesh) => mesh > 0),
  )
  for (const [index, node] of nodes.entries()) await node.publish('t', Buffer.from(`from ${index}`))
  await until(
    () => texts.map(({ length }) => length),
    (lengths) => lengths.every((length) => length === 16),
  )
  expect(nodes.flatMap((node) => node.peers()).filter(({ score }) => (score ?? 0) < 0)).toEqual([])
})

test('publish waits for peers, and publishes nothing if they do not come', async () => {
  const a = await startNode()
  await expect(a.publish('t', Buffer.from('x'), { waitPeers: 1, timeoutMs: 50 })).rejects.toMatchObject({
    code: 'timeout',
  })
  expect(a.status().counters.published).toBe(0)
  const waiting = a.publish('t', Buffer.from('y'), { waitPeers: 1 })
  const b = await startNode({ ticket: a.ticket() })
  const texts = collect(b, 't')
  expect(await waiting).toMatchObject({ peers: 1, state: 'sent' })
  await until(
    () => texts,
    (received) => received.length === 1,
  )
  expect(texts).toEqual(['y'])
})

test('an answer of 100 messages of 50 KB arrives at a peer that comes late', async () => {
  const a = await startNode()
  for (let index = 0; index < 100; index++) await a.publish('t', Buffer.alloc(50_000, index))
  const b = await startNode({ ticket: a.ticket() })
  const received = collect(b, 't')
  await until(
    () => received.length,
    (length) => length === 100,
  )
  expect(new Set(received).size).toBe(100)
})

test('a restart keeps the identity, and the epoch grows', async () => {
  const a = await startNode()
  const { home } = a.status()
  const b = await startNode({ ticket: a.ticket() })
  const reader = b.messages(['t'])[Symbol.asyncIterator]()
  await a.publish('t', Buffer.from('one'), { waitPeers: 1 })
  const first = (await reader.next()).value as { epoch: number; author: Uint8Array }
  await a.stop()
  const again = await startNode({ home, ticket: b.ticket() })
  await again.publish('t', Buffer.from('two'), { waitPeers: 1 })
  const second = (await reader.next()).value as { epoch: number; author: Uint8Array }
  expect(again.peerId).toBe(a.peerId)
  expect(second.author).toEqual(first.author)
  expect(second.epoch).toBeGreaterThan(first.epoch)
  expect(again.status().twin).toBeUndefined()
})

test('what is passed on between the subscription of a peer and its place in the mesh reaches it', async () => {
  const node = await startNode()
  await node.hold('t')
  const author = await startForeign(node, ['t'])
  for (let round = 0; round < 3; round++) {
    const late = await startForeign(node, ['t'])
    await late.libp2p.hangUp(peerIdFromString(node.peerId))
    // Its next is a second away: until then, or until ours, the two are not in each other's mesh.
    await once(late.gossip, 'gossipsub:heartbeat')
    await late.connect(node)
    const heard = new Set<string>()
    late.gossip.addEventListener('message', ({ detail }) => heard.add(Buffer.from(detail.data).toString('hex')))
    await until(() => node.topics().find(({ topic }) => topic === 't')?.peers === round + 2, Boolean)
    const said = Array.from({ length: 20 }, (_, index) => author.envelope('t', `${round} ${index}`))
    for (const bytes of said) await author.publish('t', bytes)
    await until(
      () => said.filter((bytes) => !heard.has(Buffer.from(bytes).toString('hex'))).length,
      (missing) => missing === 0,
    )
  }
})

test('an author beside the data, which other implementations hold against the relay, is not passed on', async () => {
  const node = await startNode()
  await node.hold('t')
  const [hostile, reader] = [await startForeign(node, ['t']), await startForeign(node, ['t'])]
  const heard: (Uint8Array | undefined)[] = []
  const { inner } = reader
  const handle = inner.handleReceivedRpc.bind(inner)
  inner.handleReceivedRpc = (from, rpc) => {
    heard.push(...rpc.messages.map((message) => message.from))
    return handle(from, rpc)
  }
  await until(
    () => node.topics()[0]?.mesh,
    (mesh) => mesh === 2,
  )
  const topic = hostile.wireName('t')
  const from = hostile.libp2p.peerId.toMultihash().bytes
  const messages = [{ from, topic, data: hostile.envelope('t', 'with an author') }]
  hostile.inner.sendRpc(node.peerId, { subscriptions: [], messages })
  await until(
    () => heard.length,
    (count) => count === 1,
  )
  expect(heard).toEqual([undefined])
})
