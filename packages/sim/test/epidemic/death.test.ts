import { expect, test } from 'vitest'
import { deathTrial, study, type DeathOptions } from '../../src/epidemic/index.ts'

const options: DeathOptions = { nodes: 300, keep: 20, dormant: 100, retention: 4, lost: 0, away: 40, rewrite: 0 }
const means = (changes: Partial<DeathOptions>, runs = 40): Record<string, number> => {
  const { values } = study(deathTrial({ ...options, ...changes }), { runs, seed: 1 })
  return Object.fromEntries(Object.entries(values).map(([name, { mean }]) => [name, mean]))
}

test('an old copy that comes back while certificates are awake harms nothing', () => {
  expect(means({ away: 15 })).toMatchObject({ resurrected: 0, oldMost: 0, woken: 0 })
})

test('one that comes later spreads until it meets a dormant certificate, which wakes and ends it', () => {
  const { resurrected, oldMost, woken } = means({})
  expect(resurrected).toBe(0)
  expect(oldMost).toBeGreaterThan(0.1)
  expect(woken).toBeGreaterThanOrEqual(1)
})

test('without dormant certificates, or after their time, it comes back for good', () => {
  expect(means({ retention: 0 })).toMatchObject({ resurrected: 1, oldMost: 1 })
  expect(means({ away: 130 })).toMatchObject({ resurrected: 1, oldMost: 1 })
})

test('after one half-life of r retention sites it does so with the chance 2^−r', () => {
  const { resurrected } = means({ nodes: 60, lost: 0.5, retention: 2 }, 400)
  // Three standard errors of 400 runs are 0.065.
  expect(Math.abs(resurrected! - 0.25)).toBeLessThan(0.065)
})

test('an item that was written after the deletion survives certificates that wake', () => {
  const { rewritten, resurrected, woken } = means({ rewrite: 30, retention: 299 }, 100)
  expect({ rewritten, resurrected }).toEqual({ rewritten: 1, resurrected: 0 })
  expect(woken).toBeGreaterThan(0)
})

test('dormant certificates take little space: r sites keep for τ2 what all keep for τ1', () => {
  const [without, withThem] = [means({ retention: 0, away: 15 }), means({ away: 15 })]
  expect(withThem['kept']! - without['kept']!).toBeCloseTo((4 * 100) / 300, 0)
})
