import { expect, test } from 'vitest'
import { Tally } from './tally.ts'

const make = (): Tally => new Tally({ nodes: 2, block: new Set(['aa', 'bb']), hash: 'ff', load: 10 })

test('a part of the block counts once for each node, and only if it was published', () => {
  const tally = make()
  tally.record(0, { type: 'delivered', id: 'aa', at: 1 })
  tally.record(0, { type: 'delivered', id: 'aa', at: 2 })
  tally.record(1, { type: 'delivered', id: 'aa', at: 3 })
  tally.record(1, { type: 'delivered', id: 'cc', at: 4 })
  expect([tally.delivered, tally.deliveredMax]).toEqual([2, 4])
  expect(tally.nodes[0]!.deliveredAt.get('aa')).toBe(1)
})

test('the block is complete once every node has every part and put this block together', () => {
  const tally = make()
  for (const node of [0, 1]) for (const id of ['aa', 'bb']) tally.record(node, { type: 'delivered', id, at: 1 })
  tally.record(0, { type: 'assembled', hash: 'ff', at: 2 })
  tally.record(1, { type: 'assembled', hash: 'ee', at: 2 })
  expect(tally.isBlockComplete).toBe(false)
  tally.record(1, { type: 'assembled', hash: 'ff', at: 3 })
  expect(tally.isBlockComplete).toBe(true)
})

test('a wait ends with the event that meets its condition', async () => {
  const tally = make()
  const seen: number[] = []
  const waiting = tally.until(
    () => tally.isLoadComplete,
    () => seen.push(tally.loaded),
  )
  for (const node of [0, 1]) tally.record(node, { type: 'loaded', count: 10, at: 1 })
  await waiting
  tally.record(0, { type: 'loaded', count: 10, at: 2 })
  expect(seen).toEqual([0, 10, 20])
})

test('what is missing is told by node', () => {
  const tally = make()
  tally.record(0, { type: 'delivered', id: 'aa', at: 1 })
  for (const id of ['aa', 'bb']) tally.record(1, { type: 'delivered', id, at: 1 })
  tally.record(1, { type: 'loaded', count: 10, at: 1 })
  expect(tally.missing()).toEqual([
    "node 1 lacks 1 of the block's 2 messages, e.g. bb",
    'node 1 got 0 of the 10 small messages',
    'node 2 has every part, but the block does not verify',
  ])
})
