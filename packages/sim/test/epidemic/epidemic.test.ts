import { describe, expect, test } from 'vitest'
import {
  antiEntropyStep,
  Epidemic,
  epidemicDefaults,
  epidemicTrial,
  residueOfTraffic,
  rumorDefaults,
  study,
  type EpidemicOptions,
} from '../../src/epidemic/index.ts'
import { Rng } from '../../src/index.ts'

const means = (options: Partial<EpidemicOptions>, runs: number): Record<string, number> => {
  const { values } = study(epidemicTrial({ ...epidemicDefaults, ...options }), { runs, seed: 1 })
  return Object.fromEntries(Object.entries(values).map(([name, { mean }]) => [name, mean]))
}

test('the fast push does what the general one does, draw for draw', () => {
  for (const nodes of [2, 3, 31, 32, 33, 1000]) {
    for (let seed = 0; seed < 5; seed++) {
      // Hunting changes nothing where nobody refuses, but is not for the fast one.
      const [fast, general] = [0, 1].map((huntsMax) => new Epidemic({ ...epidemicDefaults, nodes, huntsMax }))
      expect(fast!.run(new Rng(seed))).toEqual(general!.run(new Rng(seed)))
    }
  }
})

test('a seed repeats a run, also on a model that ran before', () => {
  const rumor = { ...rumorDefaults, k: 2, stop: 'coin' } as const
  const options = { ...epidemicDefaults, rumor, loss: 0.1, leave: 0.01, join: 0.1, connectionsMax: 2, huntsMax: 1 }
  const epidemic = new Epidemic(options)
  const first = epidemic.run(new Rng(5))
  expect(epidemic.run(new Rng(6))).not.toEqual(first)
  expect(epidemic.run(new Rng(5))).toEqual(first)
  expect(new Epidemic(options).run(new Rng(5))).toEqual(first)
})

describe('anti-entropy', () => {
  test('takes push, pull and both through as many cycles as was measured elsewhere', () => {
    const cycles = (mode: EpidemicOptions['mode']): number => means({ mode }, 500)['cycles']!
    expect(cycles('push')).toBeCloseTo(18.05, 0)
    expect(cycles('pull')).toBeCloseTo(13.78, 0)
    expect(Math.abs(cycles('push-pull') - 9.15)).toBeLessThan(0.1)
  })

  test('at 300 sites is the uniform row of Table 4 of Demers 1987: 5.3 cycles on average, 7.8 to the last', () => {
    const { meanDelay, lastDelay } = means({ mode: 'push-pull', nodes: 300 }, 500)
    expect(Math.abs(meanDelay! - 5.3)).toBeLessThan(0.2)
    expect(Math.abs(lastDelay! - 7.8)).toBeLessThan(0.2)
  })

  test.each(['push', 'pull', 'push-pull'] as const)('goes on from cycle to cycle as the formula says: %s', (mode) => {
    const nodes = 100_000
    const { curve } = new Epidemic({ ...epidemicDefaults, nodes, mode }).run(new Rng(1))
    let compared = 0
    for (const [cycle, reached] of curve.slice(0, -1).entries()) {
      const left = 1 - reached / nodes
      // Where few know or few lack it, chance decides.
      if (left < 0.02 || left > 0.98) continue
      expect(1 - curve[cycle + 1]! / nodes).toBeCloseTo(antiEntropyStep(mode, left), 2)
      compared++
    }
    expect(compared).toBeGreaterThanOrEqual(3)
  })

  test('reaches all in the end with loss, churn and failures', () => {
    const { residue, complete, cycles } = means({ loss: 0.3, failed: 0.2, leave: 0.05, join: 0.2 }, 50)
    expect({ residue, complete }).toEqual({ residue: 0, complete: 1 })
    expect(cycles).toBeGreaterThan(18)
  })

  test('with one connection a site takes longer, and hunting takes that back: Table 5 of Demers 1987', () => {
    const cycles = (huntsMax: number): number =>
      means({ mode: 'push-pull', nodes: 300, connectionsMax: 1, huntsMax }, 200)['lastDelay']!
    // The paper's uniform row is 11.0 without hunting.
    expect(Math.abs(cycles(0) - 11)).toBeLessThan(0.5)
    expect(cycles(5)).toBeLessThan(9)
  })
})

describe('rumors', () => {
  test('die out, and reach more the longer they last', () => {
    const residues = [1, 2, 3, 4].map((k) => means({ rumor: { ...rumorDefaults, k } }, 200)['residue']!)
    expect(residues).toEqual(residues.toSorted((a, b) => b - a))
  })

  test('by push waste less with one connection a site, as no two then meet; the law for that is a bound', () => {
    const { residue, traffic } = means({ rumor: { ...rumorDefaults, k: 3 }, connectionsMax: 1 }, 300)
    expect(residue).toBeLessThan(residueOfTraffic(traffic!))
    expect(residue).toBeGreaterThan(residueOfTraffic(traffic!, true))
  })

  test('by push and pull reach everybody with a k that leaves some out by push alone', () => {
    const residue = (mode: EpidemicOptions['mode']): number =>
      means({ mode, rumor: { ...rumorDefaults, k: 2 } }, 200)['residue']!
    expect(residue('push-pull')).toBeLessThan(residue('push') / 50)
  })

  test('end where every site is gone', () => {
    const { residue, cycles } = means({ rumor: { ...rumorDefaults, k: 255, count: 'blind' }, leave: 0.5 }, 20)
    expect(residue).toBeGreaterThanOrEqual(0)
    expect(cycles).toBeLessThan(50)
  })
})

describe('with space', () => {
  const near = (exponent: number, nodes = 1024): Record<string, number> =>
    means({ mode: 'push-pull', nodes, space: { shape: 'ring', exponent }, cyclesMax: 50 }, 20)

  test('links carry less and the update takes longer, the more near sites are preferred', () => {
    const rows = [0, 1.2, 1.6, 2].map((exponent) => near(exponent))
    const [loads, delays] = [rows.map(({ linkLoad }) => linkLoad!), rows.map(({ lastDelay }) => lastDelay!)]
    expect(loads).toEqual(loads.toSorted((a, b) => b - a))
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
  })

  test('the load of a link on a line grows with the sites as O(n), O(n^(2−a)), O(log n) and O(1) for a = 0, 1.5, 2, 3', () => {
    const growth = (exponent: number): number => near(exponent, 4096)['linkLoad']! / near(exponent, 1024)['linkLoad']!
    expect(growth(0)).toBeCloseTo(4, 0)
    expect(growth(1.5)).toBeCloseTo(2, 0)
    expect(Math.abs(growth(2) - Math.log(4096) / Math.log(1024))).toBeLessThan(0.1)
    expect(growth(3)).toBeCloseTo(1, 0)
  })

  test('without preference it is as without space', () => {
    const space = { shape: 'grid', exponent: 0 } as const
    const [flat, grid] = [undefined, space].map((where) => means({ mode: 'push-pull', nodes: 1024, space: where }, 200))
    expect(Math.abs(flat!['cycles']! - grid!['cycles']!)).toBeLessThan(0.15)
  })
})

test('options out of range are named', () => {
  const make = (options: Partial<EpidemicOptions>) => () => new Epidemic({ ...epidemicDefaults, ...options })
  expect(make({ nodes: 1 })).toThrow('nodes is 1, not a whole number from 2 to 67108864')
  expect(make({ loss: 1.5 })).toThrow('loss is 1.5, not 0 to 1')
  expect(make({ rumor: { ...rumorDefaults, k: 0 } })).toThrow('k is 0')
  expect(make({ space: { shape: 'grid', exponent: 1 } })).toThrow('a grid takes a square number of nodes, not 1000')
})

test('memory is as told: 4.25 bytes a site for a plain push', () => {
  expect(new Epidemic({ ...epidemicDefaults, nodes: 1_000_000 }).bytes).toBe(4_250_004)
})
