import { generateKeyPairSync, sign } from 'node:crypto'
import { fromHex } from '@grapevine/protocol'
import { encodeQuery, encodeQueryFrame, querySignedBytes } from '@grapevine/protocol/query'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import type { Node } from '../../src/node.ts'
import { type ForeignPeer, startForeign, startNode, until } from '../test-network.ts'

/** A query of a key that nobody has seen before, signed as it should be. */
function freshQuery(networkId: Uint8Array): Uint8Array {
  const keys = generateKeyPairSync('ed25519')
  const { x } = keys.publicKey.export({ format: 'jwk' })
  const query = encodeQuery({
    origin: new Uint8Array(Buffer.from(x!, 'base64url')),
    epoch: 1,
    number: 1,
    time: Date.now() * 1000,
    timeoutMs: 60_000,
    name: 'work',
    body: new Uint8Array(8192),
    tags: [],
    members: [],
    relays: 8,
    wantsAck: true,
  })
  const signed = querySignedBytes('query', networkId, sha256(query))
  const signature = new Uint8Array(sign(null, signed, keys.privateKey))
  return encodeQueryFrame({ type: 'ask', query, signature, hops: 0, leftMs: 60_000 })
}

async function send(peer: ForeignPeer, node: Node, frames: readonly Uint8Array[]): Promise<void> {
  const stream = await peer.libp2p.dialProtocol(multiaddr(node.addresses()[0]), '/grapevine/query/1')
  const frameStream = lpStream(stream)
  for (const frame of frames) await frameStream.write(frame)
}

/** Counts what comes to a responder, and answers it. */
function count(node: Node): { readonly asked: number } {
  const counted = { asked: 0 }
  const responder = node.queries.respond('work')
  void (async () => {
    for await (const { query } of responder) {
      counted.asked++
      responder.answer(query, Buffer.from('done'))
    }
  })()
  return counted
}

test('a flood of signed queries from one peer is held to its rate, here and further on, and others are still answered', async () => {
  const hub = await startNode()
  const far = await startNode({ ticket: hub.ticket(), name: 'far' })
  await until(
    () => hub.members.list({ status: ['alive'] }).length,
    (members) => members === 2,
  )
  const [near, beyond] = [count(hub), count(far)]
  await hub.hold('chat')
  const flooder = await startForeign(hub, ['chat'])
  const networkId = fromHex(hub.network().id)!
  const frames = Array.from({ length: 600 }, () => freshQuery(networkId))
  const start = performance.now()
  await send(flooder, hub, frames)
  await until(
    () => near.asked,
    (asked) => asked >= 100,
  )
  expect(await hub.queries.request('far', 'work', new Uint8Array())).toMatchObject({ text: 'done' })
  const seconds = (performance.now() - start) / 1000
  expect(near.asked).toBeLessThanOrEqual(100 + Math.ceil(20 * seconds))
  expect(beyond.asked).toBeLessThanOrEqual(near.asked + 1)
})

test('frames that are none, too long, or forged end with whoever sent them', async () => {
  const node = await startNode()
  const counted = count(node)
  await node.hold('chat')
  const peer = await startForeign(node, ['chat'])
  const networkId = fromHex(node.network().id)!
  const forged = freshQuery(networkId)
  // In the signature, before how long it is worth passing on.
  forged[forged.length - 20]! ^= 1
  await send(peer, node, [Uint8Array.of(1, 2, 3), forged, new Uint8Array(100)])
  await send(peer, node, [new Uint8Array(20_000)]).catch(() => undefined)
  const items = await Array.fromAsync(node.queries.ask('work', new Uint8Array()))
  expect(items.at(-1)).toMatchObject({ type: 'ended', answered: 1 })
  expect(counted.asked).toBe(1)
})
