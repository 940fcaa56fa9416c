import type { MessageView } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { startNode, until } from '../test-network.ts'

const definition = { name: 'blobs', format: 'raw' } as const

/** What the control API hands to readers. */
async function views(node: Node): Promise<readonly MessageView[]> {
  const subscription = await node.subscribe(['blobs'])
  const found: MessageView[] = []
  void (async () => {
    for await (const item of subscription) if (!('gap' in item)) found.push(item)
  })()
  return found
}

test('a raw message reaches the readers of both nodes, with no author where it was received, and why tells of it', async () => {
  const a = await startNode()
  const b = await startNode({ ticket: a.ticket() })
  await a.define(definition)
  await b.define(definition)
  const [own, received] = [await views(a), await views(b)]
  const { id } = await a.publish('blobs', Buffer.from('bare bytes'), { waitPeers: 1 })
  await until(
    () => [own.length, received.length],
    ([here, there]) => here === 1 && there === 1,
  )
  expect(received[0]).toMatchObject({ from: a.peerId, text: 'bare bytes' })
  expect(received[0]).not.toHaveProperty('author')
  expect(own[0]).toMatchObject({ author: a.peerId, from: a.peerId, text: 'bare bytes' })
  expect(b.why(id)).not.toHaveProperty('author')
})

test('what a node said raw is read back from its store, and leaves the outbox once a peer has it', async () => {
  const author = await startNode()
  await author.define(definition)
  const { id } = await author.publish('blobs', Buffer.from('raw'))
  const kept = await Array.fromAsync(author.history.read({ topic: 'blobs' }))
  expect(kept).toMatchObject([{ id, text: 'raw' }])
  expect(await author.outbox.list({})).toMatchObject([{ id, state: 'queued' }])
  const other = await startNode({ ticket: author.ticket() })
  await other.define(definition)
  await expect.poll(() => author.outbox.list({})).toEqual([])
})
