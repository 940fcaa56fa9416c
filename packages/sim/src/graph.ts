import type { Rng } from './rng.ts'

/** Neighbours of each node, in the order in which the nodes were given. Symmetric; no node is its own neighbour. */
export type Graph = ReadonlyMap<string, readonly string[]>

/** A graph from its edges, each stated once. */
export function graphOf(nodes: readonly string[], edges: Iterable<readonly [string, string]>): Graph {
  const graph = new Map<string, string[]>(nodes.map((node) => [node, []]))
  for (const [a, b] of edges) {
    graph.get(a)!.push(b)
    graph.get(b)!.push(a)
  }
  return graph
}

/**
 * A connected random graph in which every node has `degree` neighbours: a ring lattice whose edges are swapped at random,
 * which keeps degrees. With an odd number of nodes and an odd degree, or too few nodes, the degree is the next that works.
 */
export function regularGraph(rng: Rng, nodes: readonly string[], degree: number): Graph {
  // With degree 1 only a pair is connected.
  const edges = lattice(nodes.length, Math.max(2, degree))
  for (;;) {
    swapEdges(rng, edges, nodes.length)
    const pairs = edges.map(([a, b]) => [nodes[a]!, nodes[b]!] as const)
    const graph = graphOf(nodes, pairs)
    if (nodes.length === 0 || reachable(nodes[0]!, (node) => graph.get(node)!).size === nodes.length) return graph
  }
}

/** Every node that can be reached from `start`, itself included. */
export function reachable(start: string, neighboursOf: (node: string) => Iterable<string>): ReadonlySet<string> {
  const reached = new Set([start])
  for (const node of reached) for (const neighbour of neighboursOf(node)) reached.add(neighbour)
  return reached
}

/** Each node tied to those up to degree / 2 further on; an odd degree adds the node opposite. */
function lattice(count: number, degree: number): [number, number][] {
  const edges: [number, number][] = []
  if (degree >= count - 1) {
    for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) edges.push([a, b])
    return edges
  }
  const isOpposed = degree % 2 === 1 && count % 2 === 0
  const half = isOpposed ? (degree - 1) / 2 : Math.ceil(degree / 2)
  for (let a = 0; a < count; a++) for (let step = 1; step <= half; step++) edges.push([a, (a + step) % count])
  if (isOpposed) for (let a = 0; a < count / 2; a++) edges.push([a, a + count / 2])
  return edges
}

/** Replaces a-b and c-d by a-d and c-b, many times, wherever that makes neither a loop nor a double edge. */
function swapEdges(rng: Rng, edges: [number, number][], count: number): void {
  const key = (a: number, b: number): number => Math.min(a, b) * count + Math.max(a, b)
  const present = new Set(edges.map(([a, b]) => key(a, b)))
  for (let round = 0; round < edges.length * 10; round++) {
    const [first, second] = [rng.below(edges.length), rng.below(edges.length)]
    const [a, b] = edges[first]!
    const [c, d] = rng.chance(0.5) ? edges[second]! : (edges[second]!.toReversed() as [number, number])
    if (a === d || c === b || a === c || b === d || present.has(key(a, d)) || present.has(key(c, b))) continue
    present.delete(key(a, b))
    present.delete(key(c, d))
    present.add(key(a, d))
    present.add(key(c, b))
    edges[first] = [a, d]
    edges[second] = [c, b]
  }
}
