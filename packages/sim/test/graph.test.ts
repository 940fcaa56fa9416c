import { expect, test } from 'vitest'
import { reachable, regularGraph, Rng, type Graph } from '../src/index.ts'

const nodes = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))
const degrees = (graph: Graph): Set<number> => new Set([...graph.values()].map(({ length }) => length))

test.each([
  [3, 2],
  [10, 3],
  [20, 6],
  [101, 8],
])('a graph of %i nodes and degree %i is regular, simple, symmetric and connected', (count, degree) => {
  for (let seed = 0; seed < 5; seed++) {
    const graph = regularGraph(new Rng(seed), nodes(count), degree)
    expect(degrees(graph)).toEqual(new Set([degree]))
    for (const [node, neighbours] of graph) {
      expect(new Set(neighbours).size).toBe(degree)
      expect(neighbours).not.toContain(node)
      for (const neighbour of neighbours) expect(graph.get(neighbour)).toContain(node)
    }
    expect(reachable('0', (node) => graph.get(node)!).size).toBe(count)
  }
})

test('where no such graph exists, the degree is the next that does', () => {
  expect(degrees(regularGraph(new Rng(1), nodes(7), 3))).toEqual(new Set([4]))
  expect(degrees(regularGraph(new Rng(1), nodes(4), 9))).toEqual(new Set([3]))
  expect(degrees(regularGraph(new Rng(1), nodes(6), 1))).toEqual(new Set([2]))
  expect(degrees(regularGraph(new Rng(1), nodes(2), 6))).toEqual(new Set([1]))
  expect(regularGraph(new Rng(1), nodes(1), 6)).toEqual(new Map([['0', []]]))
})

test('seeds give different graphs', () => {
  const text = (seed: number): string => JSON.stringify([...regularGraph(new Rng(seed), nodes(20), 4)])
  expect(text(1)).toBe(text(1))
  expect(text(1)).not.toBe(text(2))
})
