import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  decodeEnvelope,
  encodeBodyReference,
  fromHex,
  messageIds,
  sha256,
  signedBytes,
  toHex,
} from '@grapevine/protocol'
import { ChunkTree, chunkSize, decodeFetchFrame, encodeFetchFrame, type FetchFrame } from '@grapevine/protocol/fetch'
import { lpStream } from '@libp2p/utils'
import { describe, expect, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { temporaryFolder } from '../temporary-home.ts'
import { collect, startForeign, startNode, until, type ForeignPeer } from '../test-network.ts'
import { bodyAt, hashOf, isThere, mebi, messagesAt, payloadOf, topicOf } from './body-net.ts'

describe.each(['lossless', 'best-effort'] as const)('a payload of 8 MiB on a %s topic', (delivery) => {
  test('goes along a line of three nodes, and each has all of it', async () => {
    const topics = [topicOf({ delivery })]
    const a = await startNode({ topics })
    const b = await startNode({ ticket: a.ticket(), topics })
    const c = await startNode({ ticket: b.ticket(), topics })
    c.peering.block(a.peerId)
    await b.waitForPeers('large', { waitPeers: 2, timeoutMs: 45_000 })
    const [atB, atC] = [messagesAt(b), messagesAt(c)]
    const body = payloadOf(8 * mebi, 1)
    const { id } = await a.publish('large', body, { waitPeers: 1, timeoutMs: 45_000 })
    await isThere(atC)
    expect(atC[0]).toMatchObject({ payload: new Uint8Array(), fetched: { size: body.length } })
    expect(toHex(atB[0]!.id)).toBe(id)
    for (const node of [a, b, c]) expect(await bodyAt(node, id)).toBe(hashOf(body))
    expect(b.status().counters.bodies).toMatchObject({ waiting: 0, memory: 0, wrong: 0 })
    await until(
      () => b.status().counters.bodies!,
      ({ fetchedBytes, servedBytes }) => Math.min(fetchedBytes, servedBytes) >= body.length,
    )
  })
})

test('a payload that fits stays in its envelope, and one of up to 256 KiB comes with its message', async () => {
  const topics = [topicOf({ id: 'content' })]
  const a = await startNode({ topics })
  const b = await startNode({ ticket: a.ticket(), topics })
  const atB = messagesAt(b)
  await a.publish('large', payloadOf(1024, 2), { waitPeers: 1, timeoutMs: 45_000 })
  await isThere(atB)
  expect(atB[0]).not.toHaveProperty('fetched')
  const { id } = await a.publish('large', payloadOf(200_000, 3))
  expect(id).toBe(hashOf(payloadOf(200_000, 3)))
  await isThere(atB, 2)
  expect(atB[1]).toMatchObject({ payload: payloadOf(200_000, 3), fetched: { size: 200_000 } })
  expect((await a.publish('large', payloadOf(200_000, 3))).state).toBe('duplicate')
})

test('a payload may come in pieces, and is refused as soon as there are too many', async () => {
  const node = await startNode({ topics: [topicOf({ id: 'content', messageBytesMax: 1 * mebi })] })
  const body = payloadOf(mebi, 8)
  async function* pieces(count: number): AsyncGenerator<Uint8Array, void, void> {
    for (let index = 0; index < count; index++) {
      if (index > 4) throw new Error('it reads on')
      yield body.subarray((index * mebi) / 4, ((index + 1) * mebi) / 4)
      if (index === 3 && count > 4) yield Uint8Array.of(1)
    }
  }
  expect((await node.publish('large', pieces(4))).id).toBe(hashOf(body))
  await expect(node.publish('large', pieces(6))).rejects.toMatchObject({ code: 'oversize' })
})

test('who comes late gets messages by catching up, with their bodies, and serves them after a restart', async () => {
  const home = temporaryFolder()
  const topics = [topicOf()]
  const a = await startNode({ topics })
  const body = payloadOf(3 * mebi, 4)
  const { id } = await a.publish('large', body)
  const config = { 'reconcile.intervalMs': 2_000 }
  const first = await startNode({ home, ticket: a.ticket(), topics, config })
  await isThere(messagesAt(first))
  await first.stop()
  await a.stop()
  expect(readdirSync(join(home, 'bodies'))).toHaveLength(1)
  const b = await startNode({ home, topics, config })
  const c = await startNode({ ticket: b.ticket(), topics, config })
  await isThere(messagesAt(c))
  expect(await bodyAt(c, id)).toBe(hashOf(body))
})

test('a source that stops in the middle is replaced by another', async () => {
  const topics = [topicOf({ id: { hash: 'keccak256' } })]
  const config = { 'reconcile.intervalMs': 2_000 }
  const a = await startNode({ topics, config })
  const b = await startNode({ ticket: a.ticket(), topics, config })
  const body = payloadOf(8 * mebi, 5)
  const atB = messagesAt(b)
  const { id } = await a.publish('large', body, { waitPeers: 1, timeoutMs: 45_000 })
  await isThere(atB)
  const c = await startNode({ ticket: a.ticket(), topics, config })
  await c.peering.connect(b.addresses()[0]!)
  const atC = messagesAt(c)
  await until(
    () => c.status().counters.reasons['body-awaited'] ?? 0,
    (waits) => waits > 0,
  )
  await a.stop()
  await isThere(atC)
  expect(await bodyAt(c, id)).toBe(hashOf(body))
})

/** Serves chunks of a body, or what stands in for them; `undefined` is no answer at all. */
function serve(
  peer: ForeignPeer,
  answer: (root: Uint8Array, index: number, ref: number) => FetchFrame | undefined,
): void {
  void peer.libp2p.handle('/grapevine/fetch/1', async (stream) => {
    const frames = lpStream(stream)
    try {
      for (;;) {
        const frame = decodeFetchFrame((await frames.read()).slice())
        if (frame?.type !== 'asks') return
        for (const { root, index, ref } of frame.asks) {
          const said = answer(root, index, ref)
          if (said !== undefined) await frames.write(encodeFetchFrame(said))
        }
      }
    } catch {
      // The other side is done.
    }
  })
}

const chunkOf = (tree: ChunkTree, index: number, ref: number): FetchFrame => ({
  type: 'chunk',
  ref,
  bytes: tree.chunk(index),
  proof: tree.proof(index),
})

function idOf(node: Node, bytes: Uint8Array): string {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error('it does not decode')
  const signed = signedBytes(fromHex(node.network().id)!, 'large', decoded.envelope.bodyBytes)
  return toHex(messageIds(sha256, signed, 1)[0]!)
}

describe('a peer that announces', () => {
  const body = payloadOf(2 * chunkSize, 6)
  const tree = new ChunkTree(body)
  const reference = { size: body.length, root: tree.root }
  const options = { reference, messages: [encodeBodyReference(reference)] }

  test('and sends wrong chunks is blamed, and the body comes from the next that has it', async () => {
    const node = await startNode({ topics: [topicOf({ delivery: 'best-effort' })] })
    const [liar, honest] = [await startForeign(node, ['large']), await startForeign(node, ['large'])]
    serve(liar, (_, index, ref) => ({ ...chunkOf(tree, index, ref), bytes: new Uint8Array(chunkSize) }) as FetchFrame)
    serve(honest, (_, index, ref) => chunkOf(tree, index, ref))
    const atNode = messagesAt(node)
    const envelope = liar.envelope('large', '', options)
    await liar.publish('large', envelope)
    await until(
      () => node.status().counters.reasons['body-awaited'] ?? 0,
      (waits) => waits === 1,
    )
    const said = (): readonly (string | undefined)[] => node.why(idOf(node, envelope)).steps.map(({ detail }) => detail)
    await until(said, (details) => details.includes('it sent a wrong chunk'))
    expect(node.why(idOf(node, envelope)).body).toEqual({ size: body.length, have: 0, of: 2, from: [] })
    await honest.publish('large', envelope)
    await isThere(atNode)
    expect(node.status().counters.bodies).toMatchObject({ waiting: 0, wrong: 1 })
    expect(await bodyAt(node, toHex(atNode[0]!.id))).toBe(hashOf(body))
  })

  test('and never sends is waited for only so long, and the message comes from an honest peer afterwards', async () => {
    const config = { 'defer.msMax': 10_000, 'reconcile.intervalMs': 2_000 }
    const node = await startNode({ topics: [topicOf({ id: 'content' })], config })
    const silent = await startForeign(node, ['large'])
    serve(silent, () => undefined)
    const id = fromHex(hashOf(body))!
    const withId = { ...reference, id }
    await silent.publish(
      'large',
      silent.envelope('large', '', { reference: withId, messages: [encodeBodyReference(withId)] }),
    )
    await until(
      () => node.status().counters.reasons['body-missing'] ?? 0,
      (missing) => missing === 1,
    )
    expect(node.why(toHex(id)).steps.at(-1)).toMatchObject({ reason: 'body-missing', verdict: 'ignore' })
    const atNode = collect(node, 'large')
    const honest = await startNode({ ticket: node.ticket(), topics: [topicOf({ id: 'content' })] })
    await honest.publish('large', body)
    await until(
      () => atNode.length,
      (length) => length === 1,
    )
    expect(await bodyAt(node, toHex(id))).toBe(hashOf(body))
  })
})
