import type { MessageBook } from './message-book.ts'
import { kind, role, type MeshState } from './state.ts'

/** IHAVE, IWANT and IDONTWANT: what nodes tell each other of messages without sending them. */
export class Announcer {
  readonly #state: MeshState
  readonly #book: MessageBook
  /** Lists of message ids under way, and by how many links. */
  readonly #lists = new Map<number, { readonly ids: readonly number[]; left: number }>()
  #nextList = 0
  #candidates = new Uint32Array(64)

  constructor(state: MeshState, book: MessageBook) {
    this.#state = state
    this.#book = book
  }

  /** How long after publication somebody may still ask for a message, in ms. */
  get lifeMs(): number {
    const { historyLength, heartbeatMs } = this.#state.rules
    return (historyLength + 2) * heartbeatMs + 10_000
  }

  /** Tells some peers beyond the mesh what came in the last heartbeats. */
  announce(node: number): void {
    const { graph, rules, inMesh, isUp, scores, draws } = this.#state
    const ids = this.#recent(node)
    if (ids.length === 0 || rules.dLazy === 0) return
    let count = 0
    const threshold = scores?.rules.gossipThreshold ?? 0
    for (let end = graph.first[node]!; end < graph.first[node + 1]!; end++) {
      if (inMesh[end] === 1 || isUp[this.#state.peerOf(end)] === 0) continue
      if (scores !== undefined && scores.of(end) < threshold) continue
      if (count === this.#candidates.length) this.#grow()
      this.#candidates[count++] = end
    }
    draws.shuffle(this.#candidates, count)
    const told = Math.min(count, Math.max(rules.dLazy, Math.floor(rules.gossipFactor * count)))
    for (let index = 0; index < told; index++) this.#sendList(this.#candidates[index]!, kind.ihave, ids)
  }

  /** Asks for what is missing. */
  onIhave(end: number, list: number): void {
    const node = this.#state.nodeOf(end)
    const ids = this.#take(list)
    if (this.#state.roles[node] === role.sybil) return
    const { scores } = this.#state
    if (scores !== undefined && scores.of(end) < scores.rules.gossipThreshold) return
    const missing = ids.filter((id) => this.#book.get(id)?.delays[node] === 0)
    if (missing.length > 0) this.#sendList(end, kind.iwant, missing)
  }

  /** Sends what is asked for and still there, to one peer a few times at most. */
  onIwant(end: number, list: number): void {
    const node = this.#state.nodeOf(end)
    const ids = this.#take(list)
    if (this.#state.roles[node] === role.sybil) return
    const { historyLength, heartbeatMs, gossipRetransmission } = this.#state.rules
    for (const id of ids) {
      const message = this.#book.get(id)
      const delay = message?.delays[node] ?? 0
      if (message === undefined || delay === 0) continue
      if (this.#state.now - (message.publishedAt + delay - 1) > historyLength * heartbeatMs) continue
      message.answers ??= new Map()
      const answers = message.answers.get(end) ?? 0
      if (answers >= gossipRetransmission) continue
      message.answers.set(end, answers + 1)
      this.#state.send(end, kind.message, id)
    }
  }

  /** A large message has arrived: tells the mesh, before it is checked. */
  unwant(node: number, from: number, id: number): void {
    const { rules, network, graph, inMesh } = this.#state
    if (rules.idontwantBytes === 0 || network.messageBytes < rules.idontwantBytes) return
    for (let end = graph.first[node]!; end < graph.first[node + 1]!; end++) {
      if (inMesh[end] === 1 && end !== from) this.#state.send(end, kind.idontwant, id)
    }
  }

  onIdontwant(end: number, id: number): void {
    const message = this.#book.get(id)
    if (message === undefined) return
    message.unwanted ??= new Uint32Array((this.#state.inMesh.length + 31) >>> 5)
    message.unwanted[end >>> 5]! |= 1 << (end & 31)
  }

  /** A list that nobody reads has arrived. */
  drop(list: number): void {
    this.#take(list)
  }

  #recent(node: number): number[] {
    const { historyGossip, heartbeatMs } = this.#state.rules
    const since = this.#state.now - historyGossip * heartbeatMs
    const ids: number[] = []
    for (const { id, publishedAt, delays } of this.#book.all) {
      const delay = delays[node]!
      if (delay > 0 && publishedAt + delay - 1 > since) ids.push(id)
    }
    return ids
  }

  #sendList(end: number, what: number, ids: readonly number[]): void {
    const list = this.#nextList
    this.#nextList = (this.#nextList + 1) | 0
    this.#lists.set(list, { ids, left: 1 })
    this.#state.send(end, what, list)
  }

  #take(list: number): readonly number[] {
    const found = this.#lists.get(list)
    this.#lists.delete(list)
    return found?.ids ?? []
  }

  #grow(): void {
    const grown = new Uint32Array(this.#candidates.length * 2)
    grown.set(this.#candidates)
    this.#candidates = grown
  }
}
