import { kind, role, type MeshState } from './state.ts'

/**
 * What a node does about its mesh: heartbeat, GRAFT and PRUNE of gossipsub v1.1, in the order of its specification.
 * Announcements are another file's.
 */
export class Upkeep {
  readonly #state: MeshState
  /** Ends to choose from. */
  #ends: number[] = []

  constructor(state: MeshState) {
    this.#state = state
  }

  /** One heartbeat of an honest node; `tick` counts its heartbeats. */
  beat(node: number, tick: number): void {
    const { graph, rules, scores, meshSize, now } = this.#state
    const [first, end] = [graph.first[node]!, graph.first[node + 1]!]
    scores?.refresh(first, end, now)
    if (scores !== undefined) this.#dropBad(first, end)
    if (meshSize[node]! < rules.dLow) this.#graft(first, end, rules.d - meshSize[node]!)
    if (meshSize[node]! > rules.dHigh) this.#pruneDown(first, end)
    if (meshSize[node]! >= rules.dLow) this.#graftOutbound(first, end)
    const ticks = rules.opportunisticGraftTicks
    if (scores !== undefined && ticks > 0 && tick % ticks === 0 && meshSize[node]! > 1) this.#graftBetter(first, end)
  }

  /** A node enters the topic, and grafts those that it knows to be there. */
  enter(node: number): void {
    const { graph, rules, meshSize, isUp } = this.#state
    isUp[node] = 1
    const [first, end] = [graph.first[node]!, graph.first[node + 1]!]
    for (let at = first; at < end; at++) this.#state.send(at, kind.subscribe, 0)
    this.#graft(first, end, rules.d - meshSize[node]!)
  }

  /** A peer has entered the topic. */
  onSubscribe(end: number): void {
    const { rules, meshSize } = this.#state
    if (!rules.graftOnSubscribe || meshSize[this.#state.nodeOf(end)]! >= rules.dLow) return
    if (this.#isCandidate(end)) this.graft(end)
  }

  /** A GRAFT arrives. */
  onGraft(end: number): void {
    const { inMesh, roles, backoffUntil, scores, meshSize, rules, graph, now } = this.#state
    const node = this.#state.nodeOf(end)
    if (inMesh[end] === 1) return
    if (roles[node] === role.sybil) return this.#state.join(end)
    const isEarly = now < backoffUntil[end]!
    if (isEarly) scores?.misbehaved(end)
    const isBad = (scores?.of(end) ?? 0) < 0
    // A full mesh still takes those that we dialled: an attacker cannot choose them.
    const isFull = meshSize[node]! >= rules.dHigh && graph.isOutbound[end] === 0
    if (isEarly || isBad || isFull) return this.#prune(end)
    this.#state.join(end)
  }

  /** A PRUNE arrives. */
  onPrune(end: number): void {
    this.#state.leave(end)
    this.#state.backoffUntil[end] = this.#state.now + this.#state.rules.pruneBackoffMs
  }

  /** Asks a peer into the mesh. */
  graft(end: number): void {
    this.#state.join(end)
    this.#state.send(end, kind.graft, 0)
  }

  #prune(end: number): void {
    this.#state.leave(end)
    this.#state.backoffUntil[end] = this.#state.now + this.#state.rules.pruneBackoffMs
    this.#state.send(end, kind.prune, 0)
  }

  #dropBad(first: number, last: number): void {
    const { inMesh, scores } = this.#state
    for (let end = first; end < last; end++) if (inMesh[end] === 1 && scores!.of(end) < 0) this.#prune(end)
  }

  #graft(first: number, last: number, count: number): void {
    const ends = this.#choose(first, last, (end) => this.#isCandidate(end))
    for (let index = 0; index < count && index < ends.length; index++) this.graft(ends[index]!)
  }

  #graftOutbound(first: number, last: number): void {
    const { inMesh, rules, graph } = this.#state
    let outbound = 0
    for (let end = first; end < last; end++) if (inMesh[end] === 1 && graph.isOutbound[end] === 1) outbound++
    if (outbound >= rules.dOut) return
    const ends = this.#choose(first, last, (end) => graph.isOutbound[end] === 1 && this.#isCandidate(end))
    for (const end of ends.slice(0, rules.dOut - outbound)) this.graft(end)
  }

  #graftBetter(first: number, last: number): void {
    const { inMesh, scores, rules } = this.#state
    const mesh = this.#choose(first, last, (end) => inMesh[end] === 1).map((end) => scores!.of(end))
    const median = mesh.toSorted((a, b) => a - b)[mesh.length >> 1]!
    if (median >= scores!.rules.opportunisticGraftThreshold) return
    const ends = this.#choose(first, last, (end) => this.#isCandidate(end) && scores!.of(end) > median)
    for (const end of ends.slice(0, rules.opportunisticGraftPeers)) this.graft(end)
  }

  /** Keeps the best, then random ones, and among them enough that were dialled. */
  #pruneDown(first: number, last: number): void {
    const { inMesh, scores, rules, graph } = this.#state
    const ends = this.#choose(first, last, (end) => inMesh[end] === 1)
    if (scores !== undefined) ends.sort((a, b) => scores.of(b) - scores.of(a))
    const rest = ends.splice(rules.dScore)
    for (let index = rest.length - 1; index > 0; index--) swap(rest, index, this.#state.draws.below(index + 1))
    ends.push(...rest)
    const isOutbound = (end: number): boolean => graph.isOutbound[end] === 1
    let missing = rules.dOut - ends.slice(0, rules.d).filter(isOutbound).length
    for (let index = rules.d; index < ends.length && missing > 0; index++) {
      if (!isOutbound(ends[index]!)) continue
      const at = ends.slice(0, rules.d).findLastIndex((end) => !isOutbound(end))
      if (at < 0) break
      swap(ends, at, index)
      missing--
    }
    for (const end of ends.slice(rules.d)) this.#prune(end)
  }

  #isCandidate(end: number): boolean {
    const { inMesh, backoffUntil, scores, now } = this.#state
    if (inMesh[end] === 1 || now < backoffUntil[end]! || !this.#state.isKnown(end)) return false
    return scores === undefined || scores.of(end) >= 0
  }

  /** Ends for which something holds, in random order; good until the next call. */
  #choose(first: number, last: number, holds: (end: number) => boolean): number[] {
    this.#ends = []
    for (let end = first; end < last; end++) if (holds(end)) this.#ends.push(end)
    for (let index = this.#ends.length - 1; index > 0; index--) {
      swap(this.#ends, index, this.#state.draws.below(index + 1))
    }
    return this.#ends
  }
}

function swap(items: number[], a: number, b: number): void {
  const kept = items[a]!
  items[a] = items[b]!
  items[b] = kept
}
