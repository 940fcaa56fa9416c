import { expect, test } from 'vitest'
import { Rng } from '../../src/index.ts'
import { BucketQueue } from '../../src/mesh/bucket-queue.ts'

test('events come out by time, and in their order within a ms, also where chunks are used again', () => {
  const queue = new BucketQueue(100)
  const rng = new Rng(1)
  const due = new Map<number, number[]>()
  let number = 0
  for (let now = 0; now < 2000; now++) {
    const taken: number[] = []
    const before = queue.size
    const count = queue.drain(now, (first, second) => {
      expect(second).toBe(-first)
      taken.push(first)
    })
    expect(taken).toEqual(due.get(now) ?? [])
    expect(count).toBe(taken.length)
    expect(queue.size).toBe(before - count)
    // Now and then many at once: more than a chunk.
    for (let left = rng.chance(0.02) ? 1500 : rng.below(5); left > 0; left--) {
      const at = now + rng.between(1, 100)
      queue.push(at, ++number, -number)
      due.set(at, [...(due.get(at) ?? []), number])
    }
  }
})

test('what is put in while a ms is drained comes later', () => {
  const queue = new BucketQueue(10)
  queue.push(1, 1, 0)
  const seen: number[] = []
  for (let now = 1; now < 20; now++) {
    queue.drain(now, (first) => {
      seen.push(now)
      if (first < 3) queue.push(now + 5, first + 1, 0)
    })
  }
  expect(seen).toEqual([1, 6, 11])
})
