import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasCycle } from '../../src/defer/cycle.ts'
import { Park, type Parked } from '../../src/defer/park.ts'

type Item = { readonly number: number }

const bounds = { ofPeer: { count: 6, bytes: 600 }, ofTopic: { count: 10, bytes: 1_000 }, bytes: 1_500 }
const entryOf = (
  number: number,
  peer: string,
  topic: string,
  cost: number,
  waits: readonly string[],
): Parked<Item> => ({
  item: { number },
  peer,
  topic,
  cost,
  names: [`n${number % 12}`],
  waits: new Set(waits),
  dueAt: Infinity,
  endsAt: Infinity,
  because: 'waits',
  isJudged: false,
  isReading: false,
})

const step = fc.record({
  peer: fc.constantFrom('p', 'q', 'r', 's'),
  topic: fc.constantFrom('t', 'u', 'v'),
  cost: fc.integer({ min: 1, max: 400 }),
  waits: fc.array(
    fc.nat(11).map((number) => `n${number}`),
    { maxLength: 3 },
  ),
  came: fc.option(fc.nat(11), { nil: undefined }),
})

test('whatever comes and goes, the bounds hold, sums agree, and only who has most makes room', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const park = new Park<Item>(bounds)
      const there = new Map<Item, Parked<Item>>()
      const bytesOf = (has: (entry: Parked<Item>) => boolean): number =>
        [...there.values()].filter(has).reduce((sum, { cost }) => sum + cost, 0)
      for (const [number, { peer, topic, cost, waits, came }] of steps.entries()) {
        const entry = entryOf(number, peer, topic, cost, waits)
        const isTaken = park.add(entry, (evicted) => {
          const isOwn = evicted.peer === peer
          const hasMost = bytesOf((each) => each.peer === evicted.peer) >= bytesOf((each) => each.peer === peer)
          const hasMostThere =
            bytesOf((each) => each.peer === evicted.peer && each.topic === topic) >=
            bytesOf((each) => each.peer === peer && each.topic === topic)
          expect(isOwn || hasMost || hasMostThere).toBe(true)
          there.delete(evicted.item)
        })
        if (isTaken) there.set(entry.item, entry)
        if (came !== undefined) for (const each of park.came(`n${came}`)) expect(each.waits.has(`n${came}`)).toBe(false)
        expect(park.count).toBe(there.size)
        expect(park.bytes).toBe(bytesOf(() => true))
        expect(park.bytes).toBeLessThanOrEqual(bounds.bytes)
        for (const each of ['p', 'q', 'r', 's']) {
          expect(bytesOf((one) => one.peer === each)).toBeLessThanOrEqual(bounds.ofPeer.bytes)
          expect([...there.values()].filter((one) => one.peer === each).length).toBeLessThanOrEqual(bounds.ofPeer.count)
        }
        for (const each of ['t', 'u', 'v']) {
          expect(park.of(each).bytes).toBe(bytesOf((one) => one.topic === each))
          expect(park.of(each).count).toBeLessThanOrEqual(bounds.ofTopic.count)
        }
      }
      for (const item of there.keys()) park.remove(item)
      expect({ count: park.count, bytes: park.bytes, waits: park.hasWaiters }).toEqual({
        count: 0,
        bytes: 0,
        waits: false,
      })
    }),
  )
})

test('what is with the validator makes no room', () => {
  const park = new Park<Item>({ ...bounds, ofPeer: { count: 1, bytes: 600 } })
  const first = entryOf(1, 'p', 't', 10, [])
  park.add(first, () => undefined)
  first.isJudged = true
  expect(park.add(entryOf(2, 'p', 't', 10, []), () => undefined)).toBe(false)
  expect(park.get(first.item)).toBe(first)
})

test('a cycle is found however long, and a chain is none', () => {
  const park = new Park<Item>({ ofPeer: bounds.ofPeer, ofTopic: { count: 100, bytes: 1e6 }, bytes: 1e6 })
  for (let number = 1; number < 10; number++)
    park.add(entryOf(number, `p${number}`, 't', 1, [`n${number + 1}`]), () => undefined)
  expect(hasCycle(park, entryOf(10, 'q', 't', 1, ['n11']))).toBe(false)
  expect(hasCycle(park, entryOf(10, 'q', 't', 1, ['n1']))).toBe(true)
})
