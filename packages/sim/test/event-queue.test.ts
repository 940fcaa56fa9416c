import { expect, test } from 'vitest'
import { EventQueue, Rng } from '../src/index.ts'

test('items come out by time, and at the same time in the order in which they went in', () => {
  const rng = new Rng(1)
  const queue = new EventQueue<number>()
  const pushed: { at: number; item: number }[] = []
  for (let item = 0; item < 2_000; item++) {
    const at = rng.below(50)
    pushed.push({ at, item })
    queue.push(at, item)
  }
  const popped: { at: number; item: number }[] = []
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) popped.push({ at: next.at, item: next.item })
  expect(popped).toEqual(pushed.toSorted((a, b) => a.at - b.at || a.item - b.item))
  expect(queue.size).toBe(0)
})

test('taking out and putting in may alternate', () => {
  const rng = new Rng(2)
  const queue = new EventQueue<number>()
  let last = 0
  for (let round = 0; round < 5_000; round++) {
    queue.push(last + rng.below(20), round)
    if (rng.chance(0.6)) continue
    const { at } = queue.pop()!
    expect(at).toBeGreaterThanOrEqual(last)
    last = at
  }
})
