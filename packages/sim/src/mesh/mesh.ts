import type { DeliveryCount } from '../report/delivery-count.ts'
import { Announcer } from './announcer.ts'
import { MessageBook, type Message } from './message-book.ts'
import { MeshCount, type MeshOutcome } from './outcome.ts'
import { endOf, kind, kindOf, role, type MeshState } from './state.ts'
import { Upkeep } from './upkeep.ts'

/**
 * gossipsub on one topic that every node has joined: what nodes send, and when it arrives, in steps of 1 ms. Everything
 * that happens is an event; {@link MeshState.queue} has them in order.
 */
export class Mesh {
  readonly state: MeshState
  readonly #book: MessageBook
  readonly #count: MeshCount
  readonly #upkeep: Upkeep
  readonly #announcer: Announcer
  /** Nodes in the order of the ms in which their heartbeats come, and where those of each ms begin. */
  readonly #beating: Uint32Array
  readonly #beatFirst: Uint32Array
  #events = 0
  /** Whether a sybil passes on what it got. */
  passesOn: () => boolean = () => false

  /** `deliveries`: told of each delivery of what is measured, once its message is over. */
  constructor(state: MeshState, deliveries?: DeliveryCount) {
    this.state = state
    this.#book = new MessageBook(state.graph.nodes, deliveries !== undefined)
    this.#count = new MeshCount(deliveries)
    this.#upkeep = new Upkeep(state)
    this.#announcer = new Announcer(state, this.#book)
    const { heartbeatMs } = state.rules
    const nodes = heartbeatMs === 0 ? 0 : state.graph.nodes
    const phases = Uint16Array.from({ length: nodes }, () => state.draws.below(heartbeatMs))
    this.#beatFirst = new Uint32Array(heartbeatMs + 1)
    for (const phase of phases) this.#beatFirst[phase + 1]!++
    for (let phase = 0; phase < heartbeatMs; phase++) this.#beatFirst[phase + 1]! += this.#beatFirst[phase]!
    const next = this.#beatFirst.slice()
    this.#beating = new Uint32Array(nodes)
    for (const [node, phase] of phases.entries()) this.#beating[next[phase]!++] = node
  }

  /** Memory of all arrays, in bytes. */
  get bytes(): number {
    return this.state.bytes + this.#book.bytes + this.#beating.byteLength
  }

  /** Makes every connection part of the mesh: with no heartbeat, it stays so. */
  meshAll(): void {
    for (let end = 0; end < this.state.inMesh.length; end++) this.state.join(end)
  }

  /** Asks a peer into the mesh, whatever the rules are. */
  graft(end: number): void {
    this.#upkeep.graft(end)
  }

  /** A node publishes a message now. */
  publish(node: number, isMeasured = true): void {
    const { graph, rules, inMesh, isUp, scores } = this.state
    const message = this.#book.add(this.state.now, node, isMeasured)
    for (let end = graph.first[node]!; end < graph.first[node + 1]!; end++) {
      const isWilling = scores === undefined || scores.of(end) >= scores.rules.publishThreshold
      const isReached = rules.floodPublish && isWilling && isUp[this.state.peerOf(end)] === 1
      if (inMesh[end] === 1 || isReached) this.state.send(end, kind.message, message.id)
    }
  }

  /** Goes on until then; without heartbeats no further than until nothing is on its way. */
  run(until: number): void {
    const { state } = this
    const { heartbeatMs } = state.rules
    const take = (word: number, data: number): void => this.#take(word, data)
    const isQuiet = (): boolean => heartbeatMs === 0 && state.queue.size === 0
    while (state.now < until && !isQuiet()) {
      state.now++
      if (heartbeatMs > 0) this.#beat()
      this.#events += state.queue.drain(state.now, take)
    }
  }

  /** Ends the measurement: what has not arrived by now is missing. */
  finish(): MeshOutcome {
    this.#retire(Infinity)
    return this.#count.outcome(this.state, this.#events)
  }

  /** What is sent from now on is counted. */
  startCount(): void {
    this.#count.start(this.state)
  }

  #beat(): void {
    const { rules, isUp, roles, now } = this.state
    const phase = now % rules.heartbeatMs
    const tick = Math.floor(now / rules.heartbeatMs)
    for (let index = this.#beatFirst[phase]!; index < this.#beatFirst[phase + 1]!; index++) {
      const node = this.#beating[index]!
      if (isUp[node] === 0 || roles[node] === role.sybil) continue
      this.#events++
      this.#upkeep.beat(node, tick)
      this.#announcer.announce(node)
    }
    if (phase === 0) this.#retire(now - this.#announcer.lifeMs)
  }

  #retire(before: number): void {
    for (let message = this.#book.takeBefore(before); message; message = this.#book.takeBefore(before)) {
      this.#count.add(message, this.state)
      this.#book.release(message)
    }
  }

  #take(word: number, data: number): void {
    const end = endOf(word)
    const what = kindOf(word)
    if (what === kind.message) return this.#receive(end, data)
    if (what === kind.forward) {
      const message = this.#book.get(data)
      return message && this.#forward(end, message)
    }
    if (what === kind.join) return this.#upkeep.enter(data)
    const { isUp, scores } = this.state
    if (isUp[this.state.nodeOf(end)] === 0 || this.#isGraylisted(end, scores?.rules.graylistThreshold)) {
      if (what === kind.ihave || what === kind.iwant) this.#announcer.drop(data)
      return undefined
    }
    if (what === kind.graft) this.#upkeep.onGraft(end)
    else if (what === kind.prune) this.#upkeep.onPrune(end)
    else if (what === kind.subscribe) this.#upkeep.onSubscribe(end)
    else if (what === kind.ihave) this.#announcer.onIhave(end, data)
    else if (what === kind.iwant) this.#announcer.onIwant(end, data)
    else this.#announcer.onIdontwant(end, data)
    return undefined
  }

  #isGraylisted(end: number, threshold: number | undefined): boolean {
    return threshold !== undefined && this.state.scores!.of(end) < threshold
  }

  #receive(end: number, id: number): void {
    const { state } = this
    const node = state.nodeOf(end)
    const message = this.#book.get(id)
    if (message === undefined || state.isUp[node] === 0) return
    if (this.#isGraylisted(end, state.scores?.rules.graylistThreshold)) return
    const delay = message.delays[node]!
    if (message.isMeasured && state.roles[node] === role.honest) this.#count.copies++
    if (message.copies !== undefined) message.copies[node]!++
    if (delay !== 0) return state.scores?.repeated(end, state.now - message.publishedAt - delay + 1)
    message.delays[node] = Math.min(65_534, state.now - message.publishedAt) + 1
    state.scores?.delivered(end)
    if (state.roles[node] === role.sybil && !this.passesOn()) return
    this.#announcer.unwant(node, end, id)
    if (state.network.validationMs === 0) this.#forward(end, message)
    else state.postpone(end, id)
  }

  /** To all of the mesh but whom it came from, and who said that it has it. */
  #forward(from: number, message: Message): void {
    const { graph, inMesh } = this.state
    const node = this.state.nodeOf(from)
    const { unwanted } = message
    for (let end = graph.first[node]!; end < graph.first[node + 1]!; end++) {
      if (inMesh[end] === 0 || end === from) continue
      if (unwanted !== undefined && ((unwanted[end >>> 5]! >>> (end & 31)) & 1) === 1) continue
      this.state.send(end, kind.message, message.id)
    }
  }
}
