import { randomBytes } from 'node:crypto'
import { parkBounds } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import type { Node } from '../src/node.ts'
import { idOf, inOrder } from './ordered-topic.ts'
import { collect, type ForeignPeer, startForeign, startNode, until } from './test-network.ts'

const waitMs = 60_000
const { ofPeer } = parkBounds

const send = (peer: ForeignPeer, to: Node, data: Uint8Array): boolean =>
  peer.inner.sendRpc(to.peerId, { subscriptions: [], messages: [{ topic: peer.wireName('chain'), data }] })

test('a flood of messages whose parents never come stays within its bounds, and honest children are accepted beside it', async () => {
  const node = await startNode({ topics: [inOrder()], config: { 'reconcile.intervalMs': 600_000 } })
  const [mallory, alice] = [await startForeign(node, ['chain']), await startForeign(node, ['chain'])]
  const texts = collect(node, 'chain')
  const parent = alice.envelope('chain', 'parent')
  const parentId = idOf(node, parent)
  const child = alice.envelope('chain', 'child', { parents: [parentId] })
  send(alice, node, child)
  await until(
    () => node.status().counters.reasons.deferred,
    (deferred) => deferred === 1,
    waitMs,
  )
  const count = 3 * ofPeer.count
  for (let sent = 0; sent < count; sent++)
    send(mallory, node, mallory.envelope('chain', `orphan ${sent}`, { parents: [randomBytes(32)] }))
  const { reasons } = await until(
    () => node.status().counters,
    ({ reasons: seen }) => (seen.deferred ?? 0) >= count + 1 && (seen['park-full'] ?? 0) >= count - ofPeer.count,
    waitMs,
  )
  expect(reasons['park-full']).toBeLessThanOrEqual(count)
  const { deferred } = await node.showTopic('chain')
  expect(deferred!.messages).toBeLessThanOrEqual(ofPeer.count + 1)
  expect(deferred!.bytes).toBeLessThanOrEqual(2 * ofPeer.bytes)
  // The child that an honest peer brought was not pushed out, and comes with its parent.
  send(alice, node, parent)
  await until(
    () => texts,
    (all) => all.length === 2,
    waitMs,
  )
  expect(texts).toEqual(['parent', 'child'])
  // Waiting is no misconduct: nobody is shut out for it.
  expect(node.peers().filter(({ state }) => state === 'connected')).toHaveLength(2)
}, 120_000)
