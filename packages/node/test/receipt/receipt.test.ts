import { randomBytes } from 'node:crypto'
import { lpStream } from '@libp2p/utils'
import {
  checkReceiptFile,
  decodeReceiptAnswer,
  decodeReceiptRequest,
  encodeReceipt,
  encodeReceiptAnswer,
  encodeReceiptBody,
  encodeReceiptRequest,
  fromHex,
  keyFromPeerId,
  wireTopic,
  type ReceiptAnswer,
  type ReceiptRequest,
} from '@grapevine/protocol'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { verify } from '../../src/crypto.ts'
import type { Node } from '../../src/node.ts'
import { startForeign, startNode, until, type ForeignPeer } from '../test-network.ts'

const protocol = '/grapevine/receipt/1'
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value))

/** Answers every question as `answer` says, in place of a node. */
async function answering(peer: ForeignPeer, answer: (request: ReceiptRequest) => ReceiptAnswer): Promise<void> {
  await peer.libp2p.handle(protocol, async (stream: Stream) => {
    const frames = lpStream(stream)
    const request = decodeReceiptRequest((await frames.read()).slice())!
    await frames.write(encodeReceiptAnswer(answer(request), request.messages.length))
  })
}

async function ask(peer: ForeignPeer, node: Node, bytes: Uint8Array): Promise<Uint8Array> {
  const connection = await peer.libp2p.dial(multiaddr(node.addresses()[0]))
  const stream = await connection.newStream(protocol)
  const frames = lpStream(stream)
  await frames.write(bytes)
  const answer = (await frames.read()).slice()
  await stream.close()
  return answer
}

const networkOf = (node: Node): Uint8Array => fromHex(node.network().id)!

test('peers sign what they have stored, and nothing else', async () => {
  const author = await startNode()
  const storers = [await startNode({ ticket: author.ticket() }), await startNode({ ticket: author.ticket() })]
  for (const node of storers) await node.hold('chat')
  const view = await author.publish('chat', text('hello'), { waitPeers: 2, receipts: 2 })
  expect(view.state).toBe('receipted')
  expect(view.receipts?.map(({ peer }) => peer).toSorted()).toEqual(storers.map(({ peerId }) => peerId).toSorted())
  const file = await author.receipts.file(view.id)
  expect(checkReceiptFile(file, verify).every(({ valid }) => valid)).toBe(true)
  await expect(author.receipts.of('00'.repeat(32))).rejects.toMatchObject({ code: 'not-found' })

  const stranger = await startForeign(storers[0]!, ['chat'])
  const topic = wireTopic(networkOf(author), 'chat')
  const time = Date.parse((await storers[0]!.explain(view.id)).time!) * 1000
  const unknown = encodeReceiptRequest({ wireTopic: topic, signed: true, messages: [{ time, id: randomBytes(32) }] })
  expect(
    decodeReceiptAnswer(await ask(stranger, storers[0]!, unknown), { signed: true, messages: [{ time, id: unknown }] }),
  ).toEqual({
    type: 'held',
    held: [],
  })
  const elsewhere = encodeReceiptRequest({
    wireTopic: `${topic}x`,
    signed: true,
    messages: [{ time, id: randomBytes(32) }],
  })
  expect(Buffer.from(await ask(stranger, storers[0]!, elsewhere)).toString('hex')).toBe('0801')
})

test('content ids and messages of a batch are signed for by their whole ids', async () => {
  const author = await startNode()
  const storer = await startNode({ ticket: author.ticket() })
  for (const node of [author, storer]) await node.define({ name: 'content', id: 'content' })
  await storer.hold('chat')
  const view = await author.publish('content', text('the same'), { waitPeers: 1, receipts: 1 })
  expect(view.receipts).toHaveLength(1)
  const again = await author.publish('content', text('the same'), { receipts: 1 })
  expect(again).toMatchObject({ id: view.id, state: 'receipted' })
  await author.waitForPeers('chat', { waitPeers: 1 })
  const batch = await Promise.all(
    Array.from({ length: 600 }, (_, number) => author.publish('chat', text(`${number}`), { receipts: 1 })),
  )
  expect(batch.every(({ state }) => state === 'receipted')).toBe(true)
  expect((await author.receipts.of(batch[599]!.id)).receipts).toHaveLength(1)
})

test('a topic that keeps nothing has no receipts', async () => {
  const author = await startNode()
  await author.define({ name: 'talk', delivery: 'best-effort' })
  await expect(author.publish('talk', text('x'), { receipts: 1 })).rejects.toMatchObject({ code: 'usage' })
  expect(await author.publish('talk', text('x'))).toMatchObject({ state: 'local' })
})

test('answers that lie are refused, and count for nothing', async () => {
  const node = await startNode()
  await node.hold('chat')
  const liar = await startForeign(node, ['chat'])
  const key = keyFromPeerId(liar.libp2p.peerId.toString())!
  let lies = 0
  await answering(liar, ({ messages }) => {
    lies++
    const ids = messages.map(({ id }) => id).toSorted(Buffer.compare.bind(Buffer))
    const body = encodeReceiptBody({ storer: key, storedAt: Date.now() * 1000, ids })
    return { type: 'signed', receipt: encodeReceipt(body, randomBytes(64)) }
  })
  const view = await node.publish('chat', text('hello'), { waitPeers: 1, receipts: 1, timeoutMs: 800 })
  expect(view).toMatchObject({ state: 'sent', receipts: [], wanted: 1 })
  expect(lies).toBeGreaterThan(0)
  await expect(node.receipts.of(view.id)).rejects.toMatchObject({ code: 'not-found' })
  expect(await node.outbox.list({ topic: 'chat' })).toMatchObject([
    { id: view.id },
    { id: view.id, receipts: 0, wanted: 1 },
  ])
})

test('a peer that says it holds everything empties the outbox only of what it was asked about', async () => {
  const node = await startNode()
  await node.hold('chat')
  const peer = await startForeign(node, ['chat'])
  const asked: number[] = []
  await answering(peer, ({ messages, signed }) => {
    asked.push(messages.length)
    return signed ? { type: 'not-kept' } : { type: 'held', held: [0] }
  })
  await node.publish('chat', text('one'), { waitPeers: 1 })
  await until(
    () => asked.length,
    (count) => count > 0,
  )
  await expect.poll(() => node.outbox.list({})).toEqual([])
})

test('bytes that are no question end the stream, and count against who sends them', async () => {
  const node = await startNode()
  await node.hold('chat')
  const peer = await startForeign(node, ['chat'])
  const isRefused = (bytes: Uint8Array): Promise<boolean> =>
    ask(peer, node, bytes).then(
      () => false,
      () => true,
    )
  expect([await isRefused(randomBytes(100)), await isRefused(new Uint8Array(30_000))]).toEqual([true, true])
  const topic = wireTopic(networkOf(node), 'chat')
  const good = encodeReceiptRequest({ wireTopic: topic, signed: false, messages: [{ time: 1, id: randomBytes(32) }] })
  expect(await ask(peer, node, good)).toHaveLength(0)
  for (let count = 0; count < 64; count++) await isRefused(randomBytes(10))
  await until(
    () => node.peers().length,
    (count) => count === 0,
  )
})
