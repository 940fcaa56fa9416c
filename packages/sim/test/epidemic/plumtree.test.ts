import { expect, test } from 'vitest'
import { largestPiece, percolation, Plumtree, plumtreeTrial, regularOverlay, study } from '../../src/epidemic/index.ts'
import { Draws } from '../../src/draws.ts'
import { Rng } from '../../src/index.ts'

const draws = (seed: number): Draws => new Draws(new Rng(seed))

test.each([
  [4, 3],
  [10, 3],
  [12, 11],
  [1000, 5],
  [1001, 8],
])('an overlay of %i nodes and degree %i has neither loops nor double links, and is connected', (nodes, degree) => {
  const overlay = regularOverlay(draws(1), nodes, degree)
  for (let node = 0; node < nodes; node++) {
    const ends = Array.from({ length: degree }, (_, index) => node * degree + index)
    for (const end of ends) expect(overlay.twin[overlay.twin[end]!]).toBe(end)
    const neighbours = new Set(ends.map((end) => Math.floor(overlay.twin[end]! / degree)))
    expect(neighbours.size).toBe(degree)
    expect(neighbours).not.toContain(node)
  }
  expect(largestPiece(overlay, () => false)).toBe(1)
})

test('no overlay has an odd number of link ends', () => {
  expect(() => regularOverlay(draws(1), 7, 3)).toThrow('nodes × degree is 21, which is odd')
})

test('the first message floods and prunes; every later one is sent once to each, and announced over all other links', () => {
  const tree = new Plumtree(regularOverlay(draws(1), 500, 5), 3)
  const [first, second, third] = [tree.send(0), tree.send(0), tree.send(0)].map(({ values }) => values)
  expect(first).toMatchObject({ payload: 500 * 4 + 1, ihave: 0, prune: 500 * 3 + 2, residue: 0 })
  expect(second).toMatchObject({ payload: 499, ihave: 500 * 5 - 2 * 499, graft: 0, prune: 0, redundancy: 0 })
  expect(third).toEqual(second)
})

test('the tree serves any sender, and mends itself around nodes that fail', () => {
  // Patient enough for any way along the tree: else announcements, which are faster from here, bring grafts.
  const tree = new Plumtree(regularOverlay(draws(2), 500, 5), 30)
  tree.send(0)
  expect(tree.send(77).values).toMatchObject({ payload: 499, residue: 0 })
  for (let node = 1; node < 100; node++) tree.fail(node)
  const broken = tree.send(0).values
  expect(broken).toMatchObject({ residue: 0 })
  expect(broken['graft']).toBeGreaterThan(0)
  tree.send(0)
  expect(tree.send(0).values['redundancy']).toBeLessThan(broken['redundancy']! / 2)
})

test.each([0.3, 0.5, 0.6])('with a part of %d failed, those are reached that are not cut off', (failed) => {
  const nodes = 20_000
  const overlay = regularOverlay(draws(3), nodes, 5)
  const luck = draws(4)
  const down = Uint8Array.from({ length: nodes }, () => (luck.chance(failed) ? 1 : 0))
  expect(largestPiece(overlay, (node) => down[node] === 1)).toBeCloseTo(percolation(5, failed), 1)
  const { values } = study(plumtreeTrial({ nodes: 2000, degree: 5, before: 1, failed, mending: 0, patience: 3 }), {
    runs: 15,
    seed: 1,
  })
  // The sender itself may be cut off; the best of the runs is not.
  expect(1 - values['residue']!.least).toBeCloseTo(percolation(5, failed), 1)
})
