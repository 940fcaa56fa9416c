import { expect, test } from 'vitest'
import { fanoutTrial, study, type Trial } from '../../src/epidemic/index.ts'

test('a study tells mean, deviation, least and most, and the mean of curves that end at different times', () => {
  const outcomes = [
    { values: { a: 1 }, curve: [1, 2] },
    { values: { a: 3 }, curve: [1, 3, 5] },
  ]
  const trial: Trial = { bytes: 7, run: () => outcomes.shift()! }
  expect(study(trial, { runs: 2, seed: 1 })).toEqual({
    runs: 2,
    seed: 1,
    values: { a: { mean: 2, deviation: Math.SQRT2, least: 1, most: 3 } },
    curve: [1, 2.5, 3.5],
    bytes: 7,
  })
})

test('a try is the same however many there are, and seeds differ', () => {
  const trial = fanoutTrial({ nodes: 100, fanout: 3.5, loss: 0.1, failed: 0.1 })
  const first = (runs: number, seed: number): number => study(trial, { runs, seed }).values['residue']!.least
  const alone = first(1, 1)
  expect(first(50, 1)).toBeLessThanOrEqual(alone)
  expect(study(trial, { runs: 20, seed: 1 })).toEqual(study(trial, { runs: 20, seed: 1 }))
  expect(study(trial, { runs: 20, seed: 2 }).values).not.toEqual(study(trial, { runs: 20, seed: 1 }).values)
})
