import type { Draws } from '../draws.ts'
import { checkWhole } from './option.ts'

/**
 * A random overlay in which every node has the same number of neighbours. Link ends are numbered: those of a node follow
 * each other, and `twin` names the other end of each. 4 bytes an end.
 */
export interface Overlay {
  readonly nodes: number
  readonly degree: number
  /** The other end of each end. The node of an end is its number divided by the degree, rounded down. */
  readonly twin: Uint32Array
}

/**
 * Draws one: all ends are paired at random, and pairs that would be loops or double links are swapped with others until
 * none is left. Such an overlay is connected but for a chance that falls with its size. `degree` from 3 to 255 and less than
 * `nodes`; their product is even and at most 2^31. Throws a RangeError.
 */
export function regularOverlay(draws: Draws, nodes: number, degree: number): Overlay {
  checkWhole('nodes', nodes, 4, 2 ** 26)
  checkWhole('degree', degree, 3, Math.min(255, nodes - 1))
  const ends = nodes * degree
  if (ends % 2 === 1) throw new RangeError(`nodes × degree is ${ends}, which is odd: no such overlay exists`)
  if (ends > 2 ** 31) throw new RangeError(`nodes × degree is ${ends}, more than 2^31`)
  const twin = new Uint32Array(ends)
  pairUp(draws, twin)
  // In a nearly complete graph there is little to swap with; a fresh start is as good.
  for (let tries = 0; !mend(draws, twin, degree); tries++) {
    if (tries === 1000) throw new RangeError(`found no overlay of ${nodes} nodes and degree ${degree}`)
    pairUp(draws, twin)
  }
  return { nodes, degree, twin }
}

/** Each end in turn takes a random one of those that are left; the free ends stand behind it in `order`. */
function pairUp(draws: Draws, twin: Uint32Array): void {
  const order = new Uint32Array(twin.length)
  for (let end = 0; end < order.length; end++) order[end] = end
  for (let left = order.length; left > 0; left -= 2) {
    const end = order[left - 1]!
    const at = draws.below(left - 1)
    const other = order[at]!
    order[at] = order[left - 2]!
    twin[end] = other
    twin[other] = end
  }
}

/** Swaps pairs until no link is a loop or double. False if that does not come to an end. */
function mend(draws: Draws, twin: Uint32Array, degree: number): boolean {
  const nodes = twin.length / degree
  const nodeOf = (end: number): number => (end / degree) | 0
  const peers = new Int32Array(degree)
  for (let node = 0; node < nodes; node++) {
    const first = node * degree
    for (let index = 0; index < degree; index++) peers[index] = nodeOf(twin[first + index]!)
    if (!areGood(node, peers) && !mendNode(draws, twin, degree, node)) return false
  }
  return true
}

/** Whether all are different, and none is the node itself. */
function areGood(node: number, peers: Int32Array): boolean {
  for (let index = 0; index < peers.length; index++) {
    const peer = peers[index]!
    if (peer === node) return false
    for (let other = 0; other < index; other++) if (peers[other] === peer) return false
  }
  return true
}

/** Swaps bad links of one node with random ones, so that those of no other node turn bad. */
function mendNode(draws: Draws, twin: Uint32Array, degree: number, node: number): boolean {
  const nodeOf = (end: number): number => (end / degree) | 0
  const links = (a: number, b: number): number => {
    let count = 0
    for (let end = a * degree; end < (a + 1) * degree; end++) if (nodeOf(twin[end]!) === b) count++
    return count
  }
  const tie = (a: number, b: number): void => {
    twin[a] = b
    twin[b] = a
  }
  for (let end = node * degree; end < (node + 1) * degree; end++) {
    for (let tries = 0; ; tries++) {
      const other = twin[end]!
      const peer = nodeOf(other)
      if (peer !== node && links(node, peer) === 1) break
      if (tries > 100 * degree) return false
      const third = draws.below(twin.length)
      const fourth = twin[third]!
      const [c, d] = [nodeOf(third), nodeOf(fourth)]
      if (node === d || peer === c || node === c || peer === d || links(node, d) > 0 || links(peer, c) > 0) continue
      tie(end, fourth)
      tie(third, other)
    }
  }
  return true
}

/** What part of the nodes that are left is in their largest connected piece; `isGone` tells which are not left. */
export function largestPiece({ nodes, degree, twin }: Overlay, isGone: (node: number) => boolean): number {
  const seen = new Uint8Array(nodes)
  const queue = new Uint32Array(nodes)
  let [present, largest] = [0, 0]
  for (let start = 0; start < nodes; start++) {
    if (isGone(start)) continue
    present++
    if (seen[start] === 1) continue
    seen[start] = 1
    queue[0] = start
    let count = 1
    for (let index = 0; index < count; index++) {
      const first = queue[index]! * degree
      for (let end = first; end < first + degree; end++) {
        const node = Math.floor(twin[end]! / degree)
        if (seen[node] === 1 || isGone(node)) continue
        seen[node] = 1
        queue[count++] = node
      }
    }
    largest = Math.max(largest, count)
  }
  return present === 0 ? 0 : largest / present
}
