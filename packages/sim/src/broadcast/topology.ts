import type { Draws } from '../draws.ts'
import { checkWhole } from '../epidemic/option.ts'
import { regularOverlay } from '../epidemic/overlay.ts'

/** Who is connected with whom. `mesh` is random, with equally many neighbours for all; the others are those of Maelstrom. */
export const topologies = ['line', 'grid', 'tree2', 'tree3', 'tree4', 'total', 'mesh'] as const

/** One of {@link topologies}. */
export type Topology = (typeof topologies)[number]

/** Neighbours of each node. `degree` is for `mesh`, `draws` too. Throws a RangeError. */
export function neighboursOf(topology: Topology, nodes: number, degree: number, draws: Draws): readonly number[][] {
  checkWhole('nodes', nodes, 2, 10_000)
  const neighbours: number[][] = Array.from({ length: nodes }, () => [])
  const tie = (a: number, b: number): void => {
    if (a >= nodes || b >= nodes) return
    neighbours[a]!.push(b)
    neighbours[b]!.push(a)
  }
  if (topology === 'mesh') {
    const { twin } = regularOverlay(draws, nodes, degree)
    for (const [end, other] of twin.entries())
      if (end < other) tie(Math.floor(end / degree), Math.floor(other / degree))
    return neighbours
  }
  const side = Math.ceil(Math.sqrt(nodes))
  const branches = Number(/\d$/.exec(topology)?.[0] ?? 0)
  for (let node = 0; node < nodes; node++) {
    if (topology === 'line') tie(node, node + 1)
    if (topology === 'total') for (let other = node + 1; other < nodes; other++) tie(node, other)
    if (topology === 'grid' && (node + 1) % side > 0) tie(node, node + 1)
    if (topology === 'grid') tie(node, node + side)
    // Filled level by level.
    for (let branch = 1; branch <= branches; branch++) tie(node, node * branches + branch)
  }
  return neighbours
}
