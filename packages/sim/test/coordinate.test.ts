import { expect, test } from 'vitest'
import { coordinateKey } from '@grapevine/protocol/coordinate'
import { measureCoordinates, stateWorld } from '@grapevine/sim'

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

test('nodes learn from their exchanges how far it is between any two, and write it into their maps now and then', () => {
  let writes = 0
  const { world, names } = stateWorld({
    nodes: 8,
    seed: 9,
    link: { latencyMs: 5 },
    onState: (on, { peer, changes }) => {
      if (on === peer && changes.some(({ key }) => key === coordinateKey)) writes++
    },
  })
  // Two groups, 5 ms within and 40 ms between, one way.
  const isFar = (a: string, b: string): boolean => Number(a.slice(1)) < 4 !== Number(b.slice(1)) < 4
  for (const a of names) for (const b of names) if (isFar(a, b)) world.setLink(a, b, { latencyMs: 40 })
  world.run(300_000)
  for (const on of ['n0', 'n7']) {
    const { places } = world.actor(on)!
    expect(places!.measuredMs('n3')).toBe(on === 'n0' ? 10 : 80)
    for (const a of names) {
      for (const b of names) {
        if (a === b) continue
        const truth = isFar(a, b) ? 80 : 10
        expect(Math.abs(places!.estimate(a, b)!.estimateMs - truth)).toBeLessThan(8)
      }
    }
  }
  expect(writes).toBeGreaterThanOrEqual(8)
  expect(writes).toBeLessThan(8 * 10)
})
