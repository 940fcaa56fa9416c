import type { Draws } from '../draws.ts'
import { BucketQueue } from './bucket-queue.ts'
import type { MeshGraph } from './graph.ts'
import { latenciesOf, latencyMsMax, linkHash, type Latencies } from './latency.ts'
import { checkWhole } from '../epidemic/option.ts'
import { checkMesh, type MeshNetwork, type MeshRules } from './option.ts'
import type { Scores } from './score.ts'

/**
 * What goes over a link; `forward` is a node's note to itself, to pass on what it has checked, and `join`, to enter the
 * topic, of which it tells by `subscribe`.
 */
export const kind = {
  message: 0,
  ihave: 1,
  iwant: 2,
  idontwant: 3,
  graft: 4,
  prune: 5,
  forward: 6,
  join: 7,
  subscribe: 8,
} as const

/** An event's kind is in the upper bits of its first word, the receiver's link end in the others. */
const endBits = 28
const endMask = 2 ** endBits - 1

/** What a node is: one of the network; an attacker that still does as all others do, and does not count; one that shows it. */
export const role = { honest: 0, covert: 1, sybil: 2 } as const

/** Everything that a mesh is made of, shared by the files that make it run. */
export class MeshState {
  readonly graph: MeshGraph
  readonly rules: MeshRules
  readonly network: MeshNetwork
  readonly draws: Draws
  readonly scores: Scores | undefined
  /** 1 for an end whose node has the other in its mesh. */
  readonly inMesh: Uint8Array
  readonly meshSize: Uint16Array
  /** Until when the node does not graft the peer at an end again. */
  readonly backoffUntil: Int32Array
  readonly isUp: Uint8Array
  readonly roles: Uint8Array
  readonly queue: BucketQueue
  /** Sent so far, by kind. */
  readonly sent: number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  readonly latencies: Latencies
  /** When each node enters the topic; absent: all are there from the beginning. */
  readonly joinedAt: Uint16Array | undefined
  now = 0
  /** When a node has sent all that waits, in ms. */
  readonly #busyUntil: Float64Array

  /** Throws a RangeError for what is out of range. */
  constructor(options: {
    readonly graph: MeshGraph
    readonly rules: MeshRules
    readonly network: MeshNetwork
    readonly draws: Draws
    readonly scores?: Scores | undefined
    /** When each of the first nodes enters the topic. */
    readonly joinAt?: readonly number[] | undefined
  }) {
    const { graph, rules, network } = options
    checkMesh(rules, network)
    const ends = graph.twin.length
    if (ends > endMask) throw new RangeError(`the mesh has ${ends} link ends, at most ${endMask}`)
    this.graph = graph
    this.rules = rules
    this.network = network
    this.draws = options.draws
    this.scores = options.scores
    this.inMesh = new Uint8Array(ends)
    this.meshSize = new Uint16Array(graph.nodes)
    this.backoffUntil = new Int32Array(rules.heartbeatMs === 0 ? 0 : ends)
    this.isUp = new Uint8Array(graph.nodes).fill(1)
    this.roles = new Uint8Array(graph.nodes)
    this.latencies = latenciesOf(network.latency, graph.nodes, options.draws)
    this.#busyUntil = new Float64Array(network.uplinkMbps > 0 ? graph.nodes : 0)
    this.queue = new BucketQueue(queueSpanMs)
    if (options.joinAt !== undefined) this.joinedAt = this.#planJoins(options.joinAt)
  }

  /** Memory of all arrays, in bytes. */
  get bytes(): number {
    const { first, twin, owner, isOutbound } = this.graph
    const arrays = [first, twin, owner, isOutbound, this.inMesh, this.meshSize, this.backoffUntil, this.#busyUntil]
    const own = arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0)
    return own + this.isUp.length * 2 + this.queue.bytes + (this.scores?.bytes ?? 0)
  }

  nodeOf(end: number): number {
    const { degree, owner } = this.graph
    return degree > 0 ? (end / degree) | 0 : owner![end]!
  }

  peerOf(end: number): number {
    return this.nodeOf(this.graph.twin[end]!)
  }

  /** Sends something over the link of one of the sender's ends. */
  send(end: number, what: number, data: number): void {
    this.sent[what]!++
    const twin = this.graph.twin[end]!
    const { loss, uplinkMbps, handlingMs } = this.network
    if (loss > 0 && this.draws.chance(loss)) return
    let at = this.now + handlingMs + this.#latencyOf(end, twin)
    if (uplinkMbps > 0 && what === kind.message) at += this.#queueUp(end)
    this.queue.push(at, (what << endBits) | twin, data)
  }

  /** A node passes a message on once it has checked it. */
  postpone(end: number, id: number): void {
    this.queue.push(this.now + this.network.validationMs, (kind.forward << endBits) | end, id)
  }

  /** Takes a peer into the mesh, on this side. */
  join(end: number): void {
    if (this.inMesh[end] === 1) return
    this.inMesh[end] = 1
    this.meshSize[this.nodeOf(end)]!++
    this.scores?.joined(end, this.now)
  }

  /** Takes a peer out of the mesh, on this side. */
  leave(end: number): void {
    if (this.inMesh[end] === 0) return
    this.scores?.left(end, this.now)
    this.inMesh[end] = 0
    this.meshSize[this.nodeOf(end)]!--
  }

  /** Whether the node at an end has heard that its peer there is in the topic. */
  isKnown(end: number): boolean {
    if (this.isUp[this.peerOf(end)] === 0) return false
    if (this.joinedAt === undefined) return true
    const heardAt = this.joinedAt[this.peerOf(end)]! + this.network.handlingMs
    return heardAt + this.#latencyOf(end, this.graph.twin[end]!) <= this.now
  }

  #planJoins(joinAt: readonly number[]): Uint16Array {
    for (const [node, at] of joinAt.entries()) {
      checkWhole('joinAt', at, 0, 60_000)
      this.isUp[node] = 0
      this.queue.push(Math.max(1, at), kind.join << endBits, node)
    }
    const joinedAt = new Uint16Array(this.graph.nodes)
    joinedAt.set(joinAt)
    return joinedAt
  }

  #latencyOf(end: number, twin: number): number {
    const { byHash, byPlace } = this.latencies
    if (byPlace === undefined) return byHash[linkHash(end, twin)]!
    const { regionOf, table, regions } = byPlace
    return table[regionOf[this.nodeOf(end)]! * regions + regionOf[this.nodeOf(twin)]!]!
  }

  /** How long a message waits behind others until it is on the wire, in whole ms. */
  #queueUp(end: number): number {
    const node = this.nodeOf(end)
    const ms = (this.network.messageBytes * 8) / (this.network.uplinkMbps * 1000)
    const done = Math.max(this.now, this.#busyUntil[node]!) + ms
    this.#busyUntil[node] = done
    return Math.min(queueSpanMs - latencyMsMax - 1, Math.round(done - this.now))
  }
}

/** How far ahead an event may be: beyond it, what waits for the uplink comes early. */
const queueSpanMs = 65_535

/** The kind of an event. */
export const kindOf = (word: number): number => word >>> endBits

/** The link end of an event, at the receiver. */
export const endOf = (word: number): number => word & endMask
