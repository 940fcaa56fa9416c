import { expect, test } from 'vitest'
import { Rng } from '../src/index.ts'

const draws = (rng: Rng, count: number): number[] => Array.from({ length: count }, () => rng.next())

test('the generator is xoshiro128**: the first numbers from the state 1, 2, 3, 4', () => {
  expect(draws(Rng.fromState([1, 2, 3, 4]), 10)).toEqual([
    11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492, 1_287_239_034, 3_734_860_849, 3_729_100_597,
    4_258_142_804,
  ])
})

test('a seed decides every draw, and seeds differ also where only their high bits do', () => {
  expect(draws(new Rng(7), 20)).toEqual(draws(new Rng(7), 20))
  const seeds = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52]
  expect(new Set(seeds.map((seed) => draws(new Rng(seed), 4).join())).size).toBe(seeds.length)
})

test('a fork depends on seed and label, not on what was drawn before', () => {
  const rng = new Rng(7)
  const early = draws(rng.fork('a'), 5)
  draws(rng, 100)
  expect(draws(rng.fork('a'), 5)).toEqual(early)
  expect(draws(rng.fork('b'), 5)).not.toEqual(early)
  expect(draws(new Rng(8).fork('a'), 5)).not.toEqual(early)
})

test('draws are spread evenly', () => {
  const rng = new Rng(3)
  const counts = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 100_000; draw++) counts[rng.below(10)]!++
  // Five standard deviations of a binomial with n = 100,000 and p = 1/10 are 474.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(474)
  expect(new Set(Array.from({ length: 200 }, () => rng.between(3, 5)))).toEqual(new Set([3, 4, 5]))
})

test('numbers drawn in bulk are the same as those drawn one by one', () => {
  const [bulk, single] = [new Rng(7), new Rng(7)]
  const words = new Uint32Array(50)
  for (let round = 0; round < 2; round++) {
    bulk.fillWords(words)
    expect([...words]).toEqual(draws(single, 50))
  }
})
