import { expect, test } from 'vitest'
import { measureCoordinates } from '@grapevine/sim'

test('estimates of 100 nodes in eight regions are close to the truth', () => {
  const [found] = measureCoordinates({ nodes: 100, seed: 5, rounds: [400] })
  expect(found!.median).toBeLessThan(0.06)
  expect(found!.p90).toBeLessThan(0.4)
  expect(found!.writtenMedian).toBeLessThan(0.1)
})

test('a tenth of the nodes that lie and delay do not keep the others from it', () => {
  const [found] = measureCoordinates({ nodes: 60, seed: 6, rounds: [800], liars: 0.1 })
  expect(found!.median).toBeLessThan(0.1)
})

test('a seed repeats a run exactly', () => {
  const run = (seed: number): unknown => measureCoordinates({ nodes: 20, seed, rounds: [30, 60] })
  expect(run(7)).toEqual(run(7))
  expect(run(8)).not.toEqual(run(7))
})
