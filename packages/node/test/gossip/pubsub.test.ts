import { generateKeyPair } from '@libp2p/crypto/keys'
import { gossipsub, StrictSign, type GossipSub, type Message } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { expect, onTestFinished, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { defineTopic, type Topic } from '../../src/topic/topic.ts'
import { collect, startNode, until } from '../test-network.ts'

const start = (options: Parameters<typeof startNode>[0] = {}): Promise<Node> =>
  startNode({ network: 'strangers', dialect: 'pubsub', ...options })
const problems = (node: Node): (string | undefined)[] => node.peers().map(({ problem }) => problem)

test('two nodes of ours in a network of dialect pubsub hear each other, and tell of numbers without loss', async () => {
  const a = await start()
  const b = await start({ peers: [a.addresses()[0]!] })
  const [atA, atB] = [collect(a, 'chat'), collect(b, 'chat')]
  const reader = await a.subscribe(['chat'])
  const said = Array.from({ length: 200 }, (_, index) => `${index}`)
  const { id } = await b.publish('chat', Buffer.from('first'), { waitPeers: 1 })
  await Promise.all(said.map((text) => a.publish('chat', Buffer.from(text), { waitPeers: 1 })))
  await until(
    () => [atA, atB],
    ([one, two]) => one!.length === 201 && two!.length === 201,
  )
  // Numbers grow on the wire in the order of the publishes: Go's validator drops what comes behind a larger one.
  expect(atB.filter((text) => text !== 'first')).toEqual(said)
  for await (const item of reader) {
    if ('gap' in item || item.id !== id) continue
    expect(item).toMatchObject({ author: b.peerId, from: b.peerId, epoch: 0, text: 'first' })
    expect(String(BigInt(item.seq))).toBe(item.seq)
    expect(BigInt(item.seq)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER))
    expect(a.why(id)).toMatchObject({ author: b.peerId, seq: item.seq })
    break
  }
  expect(b.why(id).steps.map(({ what }) => what)).toContain('sent')
  expect([problems(a), problems(b)]).toEqual([[undefined], [undefined]])
})

test('a raw topic is refused there, and other rules of a topic hold', async () => {
  const a = await start()
  expect(() => a.define({ name: 'r', format: 'raw' })).toThrow(expect.objectContaining({ code: 'usage' }))
  const text = defineTopic({ name: 't', payload: 'text', messageBytesMax: 3 }) as Topic
  const b = await start({ peers: [a.addresses()[0]!], topics: [text] })
  const heard = collect(b, 't')
  for (const payload of ['long', Buffer.of(0xff), 'ok']) {
    await a.publish('t', Buffer.from(payload as string), { waitPeers: 1 })
  }
  await until(
    () => heard,
    ({ length }) => length > 0,
  )
  expect(heard).toEqual(['ok'])
  expect(b.status().counters.reasons).toEqual({ 'other-definition': 2, valid: 1 })
  await expect(b.publish('t', Buffer.from('long'))).rejects.toMatchObject({ code: 'oversize' })
})

test('nodes of ours of two dialects tell each other apart by their topics', async () => {
  const grapevine = await startNode()
  const pubsub = await start({ peers: [grapevine.addresses()[0]!] })
  await grapevine.hold('chat')
  await pubsub.hold('chat')
  const isTold = (texts: readonly (string | undefined)[]): boolean => texts[0] !== undefined
  expect(await until(() => problems(pubsub), isTold)).toEqual([expect.stringContaining('dialect grapevine')])
  expect(await until(() => problems(grapevine), isTold)).toEqual([expect.stringContaining('subscribes to chat')])
})

test('a message may have an author with another key than Ed25519, and the author is named by its peer id', async () => {
  const node = await start()
  const heard = await node.subscribe(['chat'])
  const author = await startStranger(await generateKeyPair('secp256k1'))
  const relay = await startStranger(await generateKeyPair('Ed25519'))
  await relay.dial(multiaddr(node.addresses()[0]))
  await author.dial(relay.getMultiaddrs()[0]!)
  // Each side of a link has a mesh of its own, and an author sends at once to those it knows of.
  await until(
    () => [author, relay].map((peer) => (gossipOf(peer) as unknown as Inner).getMeshPeers('chat').length),
    ([ofAuthor, ofRelay]) => ofAuthor === 1 && ofRelay === 2,
  )
  await gossipOf(author).publish('chat', Buffer.from('from afar'))
  for await (const item of heard) {
    expect(item).toMatchObject({ author: author.peerId.toString(), from: relay.peerId.toString(), text: 'from afar' })
    break
  }
})

async function startStranger(privateKey: Awaited<ReturnType<typeof generateKeyPair>>): Promise<Libp2p> {
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({ globalSignaturePolicy: StrictSign, allowPublishToZeroTopicPeers: true, msgIdFn: goId }),
    },
  })
  onTestFinished(() => libp2p.stop())
  gossipOf(libp2p).subscribe('chat')
  return libp2p
}

/** What stock gossipsub does not show in its type. */
interface Inner {
  getMeshPeers(topic: string): readonly string[]
}

const gossipOf = (libp2p: Libp2p): GossipSub => libp2p.services['gossip'] as GossipSub

/** As go-libp2p-pubsub makes it. */
function goId(message: Message): Uint8Array {
  if (message.type !== 'signed') throw new TypeError('not signed')
  const id = Buffer.concat([message.from.toMultihash().bytes, Buffer.alloc(8)])
  id.writeBigUInt64BE(message.sequenceNumber, id.length - 8)
  return id
}

test('no topic announces in a network of dialect pubsub, where every payload is pushed', async () => {
  const node = await start()
  for (const dissemination of ['announce', { hybrid: 1_000 }] as const)
    await expect(async () => node.define({ name: 'blocks', dissemination })).rejects.toMatchObject({ code: 'usage' })
  await node.define({ name: 'blocks', dissemination: 'push' })
  expect(node.status().counters).not.toHaveProperty('bodies')
})
