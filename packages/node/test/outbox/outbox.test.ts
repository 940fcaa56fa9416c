import { expect, test } from 'vitest'
import { startNode } from '../test-network.ts'

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value))

test('beside peers of other topics a message is queued, and can be taken back until somebody holds its topic', async () => {
  const author = await startNode()
  const other = await startNode({ ticket: author.ticket() })
  for (const node of [author, other]) await node.hold('shared')
  await author.publish('shared', text('known'), { waitPeers: 1 })
  expect(await author.publish('own', text('first'))).toMatchObject({ peers: 0, state: 'queued' })
  await expect.poll(() => author.outbox.list({ topic: 'shared' })).toEqual([])
  const [first] = await author.outbox.list({ topic: 'own' })
  expect(await author.outbox.cancel(first!.id)).toEqual({ topic: 'own', ids: [first!.id] })
  const { id } = await author.publish('own', text('second'))
  await other.hold('own')
  await expect.poll(() => author.outbox.list({})).toEqual([])
  const there = await Array.fromAsync(other.history.read({ topic: 'own' }))
  expect(there.map((message) => message.text)).toEqual(['second'])
  await expect(author.outbox.cancel(id)).rejects.toMatchObject({ code: 'not-found' })
  expect((await author.explain(id)).outbox).toEqual({ state: 'held', heldBy: other.peerId })
})

test('a retry reaches who is there, and says how many', async () => {
  const author = await startNode()
  await author.publish('chat', text('hello'))
  expect(await author.outbox.retry()).toEqual({ announced: 1, peers: 0 })
  await expect(author.outbox.retry('123456')).rejects.toMatchObject({ code: 'not-found' })
  const other = await startNode({ ticket: author.ticket() })
  await other.hold('chat')
  await author.waitForPeers('chat', { waitPeers: 1 })
  const { peers } = await author.outbox.retry()
  expect(peers).toBeLessThanOrEqual(1)
  await expect.poll(() => author.outbox.list({})).toEqual([])
})
