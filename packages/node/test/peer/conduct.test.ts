import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { BlockList } from '../../src/peer/block-list.ts'
import { Conduct } from '../../src/peer/conduct.ts'
import { collect, startForeign, startNode, until } from '../test-network.ts'

test('a peer has used up its patience with the 64th reject within ten seconds, and not with one a second', () => {
  const conduct = new Conduct()
  const verdicts = Array.from({ length: 64 }, (_, index) => conduct.rejected('a', index * 100))
  expect(verdicts.indexOf(true)).toBe(63)
  expect(conduct.rejected('a', 6_500)).toBe(false)
  for (let second = 0; second < 300; second++) expect(conduct.rejected('slow', second * 1_000)).toBe(false)
})

test('a shut-out ends by itself, and is not part of what a home remembers', () => {
  const blocks = new BlockList()
  blocks.shutOut('a', 60_000)
  blocks.shutOut('b', 0)
  expect([blocks.refusesPeer('a'), blocks.refusesPeer('b'), blocks.refusesPeer('c')]).toEqual([true, false, false])
  expect(blocks.view()).toEqual({ peers: [], ranges: [] })
})

test('a peer that floods with junk is cut off at once and kept out, and others are not disturbed', async () => {
  const node = await startNode()
  const texts = collect(node, 't')
  const honest = await startNode({ ticket: node.ticket() })
  await honest.publish('t', Buffer.from('before'), { waitPeers: 1 })
  const hostile = await startForeign(node, ['t'])
  const id = hostile.libp2p.peerId.toString()
  const topic = hostile.wireName('t')
  for (let sent = 0; sent < 2_000; sent++) {
    hostile.inner.sendRpc(node.peerId, { subscriptions: [], messages: [{ topic, data: Buffer.from(`junk ${sent}`) }] })
  }
  await until(
    () => node.peers().map(({ peerId }) => peerId),
    (peers) => !peers.includes(id),
  )
  // The gater ends a new connection once the handshake has told who it is.
  await hostile.libp2p.dial(multiaddr(node.addresses()[0])).catch(() => undefined)
  await until(
    () => hostile.libp2p.getConnections().length + node.peers().filter(({ peerId }) => peerId === id).length,
    (open) => open === 0,
  )
  await honest.publish('t', Buffer.from('after'), { waitPeers: 1 })
  await until(
    () => texts,
    (all) => all.includes('before') && all.includes('after'),
  )
})
