import type { Draws } from '../draws.ts'
import { checkWhole } from '../epidemic/option.ts'
import { regularOverlay } from '../epidemic/overlay.ts'

/**
 * Connections. Each has two ends, numbered so that those of a node follow each other: from `first[node]` up to, not
 * including, `first[node + 1]`.
 */
export interface MeshGraph {
  readonly nodes: number
  readonly first: Uint32Array
  /** The other end of each end. */
  readonly twin: Uint32Array
  /** The node of each end. Absent where all nodes have equally many: then it is the end's number divided by that. */
  readonly owner?: Uint32Array
  /** Ends of each node, where that is the same for all; else 0. */
  readonly degree: number
  /** 1 for the end that dialled. */
  readonly isOutbound: Uint8Array
}

/** A random graph in which all nodes have the same number of connections; who dialled is drawn. Throws a RangeError. */
export function regularMesh(draws: Draws, nodes: number, degree: number): MeshGraph {
  const { twin } = regularOverlay(draws, nodes, degree)
  const isOutbound = new Uint8Array(twin.length)
  for (let end = 0; end < twin.length; end++) {
    if (twin[end]! > end) isOutbound[draws.chance(0.5) ? end : twin[end]!] = 1
  }
  const first = new Uint32Array(nodes + 1)
  for (let node = 0; node <= nodes; node++) first[node] = node * degree
  return { nodes, first, twin, degree, isOutbound }
}

/** Who dialled whom. */
export interface Dial {
  readonly from: number
  readonly to: number
}

/** Dials of nodes that each call so many random others of the first `among`; a pair is connected once at most. */
export function randomDials(
  draws: Draws,
  nodes: number,
  { each, among = nodes }: { each: number; among?: number },
): Dial[] {
  checkWhole('connections', each, 1, among - 1)
  const dials: Dial[] = []
  const known = new Set<number>()
  const keyOf = (a: number, b: number): number => Math.min(a, b) * nodes + Math.max(a, b)
  for (let from = 0; from < nodes; from++) {
    // A node that everybody has called already may find nobody new.
    for (let made = 0, tries = 0; made < each && tries < 20 * each; tries++) {
      const to = draws.below(among)
      if (to === from || known.has(keyOf(from, to))) continue
      known.add(keyOf(from, to))
      dials.push({ from, to })
      made++
    }
  }
  return dials
}

/** A graph of connections. */
export function meshOfDials(nodes: number, dials: readonly Dial[]): MeshGraph {
  const first = new Uint32Array(nodes + 1)
  for (const { from, to } of dials) {
    first[from + 1]!++
    first[to + 1]!++
  }
  for (let node = 0; node < nodes; node++) first[node + 1]! += first[node]!
  const next = first.slice(0, nodes)
  const ends = dials.length * 2
  const [twin, owner, isOutbound] = [new Uint32Array(ends), new Uint32Array(ends), new Uint8Array(ends)]
  for (const { from, to } of dials) {
    const [a, b] = [next[from]!++, next[to]!++]
    twin[a] = b
    twin[b] = a
    owner[a] = from
    owner[b] = to
    isOutbound[a] = 1
  }
  return { nodes, first, twin, owner, degree: 0, isOutbound }
}
