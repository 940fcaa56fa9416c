import { keyFromPeerId } from '@grapevine/protocol'
import { encodeProbeRequest } from '@grapevine/protocol/probe'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { expect, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { probeProtocol } from '../../src/probe/answerer.ts'
import { joinProbes } from '../../src/probe/join.ts'
import { startForeign, startNode, until } from '../test-network.ts'

const links = (node: Node): number => node.members.list().filter(({ connected }) => connected).length
const alive = (node: Node): number => node.members.list().filter(({ status }) => status === 'alive').length

test('members that are well are reached by all, also from those that are asked, and one that left is told apart', async () => {
  const one = await startNode({ name: 'one' })
  const two = await startNode({ ticket: one.ticket(), name: 'two' })
  const three = await startNode({ ticket: one.ticket(), name: 'three' })
  await until(
    () => links(one),
    (count) => count === 2,
  )
  await until(
    () => [one, two, three].map(alive),
    (counts) => counts.every((count) => count === 3),
  )
  const { askers, members, left } = await one.reach.probe()
  expect([askers.length, left]).toEqual([2, 0])
  expect(Object.fromEntries(members.map(({ name, verdict }) => [name, verdict]))).toEqual({
    two: 'fine',
    three: 'fine',
  })
  const [found] = (await one.reach.probe({ member: ['three'] })).members
  const answers = { link: 'answers', ms: expect.any(Number), door: 'open' }
  expect(found!.findings).toEqual([
    { from: one.peerId, ...answers },
    { from: two.peerId, ...answers },
  ])
  await three.stop()
  const [gone] = (await one.reach.probe({ member: ['three'], ask: 0 })).members
  expect(gone).toMatchObject({ name: 'three', verdict: 'left' })
  await expect(one.reach.probe({ member: ['one'] })).rejects.toMatchObject({ code: 'usage' })
  await expect(one.reach.probe({ member: ['nobody'] })).rejects.toMatchObject({ code: 'not-found' })
})

test('who is no member has nobody tried, and nonsense gets no answer', async () => {
  const one = await startNode()
  await one.hold('chat')
  const stranger = await startForeign(one, ['chat'])
  const [connection] = stranger.libp2p.getConnections(peerIdFromString(one.peerId))
  const targets = [keyFromPeerId(one.peerId)!.subarray(0, 16)]
  for (const bytes of [encodeProbeRequest({ targets, waitMs: 1_000 }), new Uint8Array(40), new Uint8Array(4_000)]) {
    const frames = lpStream(await connection!.newStream(probeProtocol))
    await frames.write(bytes)
    await expect(frames.read({ signal: AbortSignal.timeout(10_000) })).rejects.toBeInstanceOf(Error)
  }
  expect(one.peers()).toHaveLength(1)
})

test('a node without members has nobody to probe', async () => {
  const reach = joinProbes(undefined, undefined as never, undefined as never)
  await expect(reach.probe()).rejects.toMatchObject({ code: 'usage' })
})
