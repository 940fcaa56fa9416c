import { Draws } from '../draws.ts'
import { checkWhole } from '../epidemic/option.ts'
import { EventQueue } from '../event-queue.ts'
import type { DeliveryCount } from '../report/delivery-count.ts'
import { Rng } from '../rng.ts'
import { neighboursOf, type Topology } from './topology.ts'
import { stableMs, type Operation } from './stable.ts'

/** The broadcast workload of Maelstrom and Gossip Glomers. Times in ms. */
export interface BroadcastOptions {
  /** 2 to 10,000; with `mesh` more than `degree`. */
  readonly nodes: number
  readonly topology: Topology
  /** Neighbours, with `mesh`. From 3. */
  readonly degree: number
  /** Between servers, one way; clients are where their server is. */
  readonly latencyMs: number
  /** Whether each message takes its own time, by an exponential law of that mean. */
  readonly isExponential: boolean
  /** Operations of clients, a second: as many reads as broadcasts, each at any node. */
  readonly rate: number
  readonly seconds: number
  /** How long a node gathers values before it passes them on, together. 0: it does not. */
  readonly batchMs: number
}

/** Maelstrom's `--node-count 25 --rate 100 --latency 100 --time-limit 20`. */
export const broadcastDefaults: BroadcastOptions = Object.freeze({
  nodes: 25,
  topology: 'tree4',
  degree: 6,
  latencyMs: 100,
  isExponential: false,
  rate: 100,
  seconds: 20,
  batchMs: 0,
})

/** Quantiles, in ms. */
export interface Quantiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What came out. */
export interface BroadcastRun {
  /** Broadcasts and reads. */
  readonly operations: number
  readonly broadcasts: number
  /** Between servers. */
  readonly messages: number
  readonly messagesPerOperation: number
  /** Until no read lacks a value any more, as clients see it. */
  readonly stableMs: Quantiles
  /** Until the last node has it. */
  readonly reachMs: Quantiles
  /** Values that some node never got. */
  readonly lost: number
}

type BroadcastEvent =
  | { readonly type: 'add'; readonly node: number; readonly value: number }
  | { readonly type: 'receive'; readonly node: number; readonly from: number; readonly values: readonly number[] }
  | { readonly type: 'flush'; readonly node: number }

/**
 * Every node passes on what is new to it, to all neighbours but the one it came from. A broadcast takes 2E − (N − 1)
 * messages on a graph of E connections without batches. A seed repeats a run. `deliveries` is told of each delivery; what
 * comes out is the same. Throws a RangeError.
 */
export function runBroadcast(options: BroadcastOptions, seed: number, deliveries?: DeliveryCount): BroadcastRun {
  const { nodes, topology, degree, rate, seconds } = options
  checkWhole('latencyMs', options.latencyMs, 0, 60_000)
  checkWhole('batchMs', options.batchMs, 0, 60_000)
  checkWhole('rate', rate, 1, 1_000_000)
  checkWhole('seconds', seconds, 1, 100_000)
  const draws = new Draws(new Rng(seed))
  const network = new Network(options, neighboursOf(topology, nodes, degree, draws), draws)
  const operations: Operation[] = []
  let values = 0
  // As Jepsen staggers: evenly from none to twice the mean.
  for (let at = 0; at < seconds * 1000; at += (draws.unit() * 2000) / rate) {
    const node = draws.below(nodes)
    operations.push(draws.chance(0.5) ? { at, node, value: values++ } : { at, node })
  }
  const had = network.run(operations)
  const last = operations.at(-1)!.at + 60_000
  const reads = [
    ...operations.filter(({ value }) => value === undefined),
    ...Array.from({ length: nodes }, (_, node) => ({ at: last, node })),
  ]
  const adds = operations.filter(({ value }) => value !== undefined)
  const reach = adds.map(({ at }, value) => Math.max(...had[value]!) - at)
  if (deliveries !== undefined) tell(deliveries, adds, network)
  return {
    operations: operations.length,
    broadcasts: adds.length,
    messages: network.messages,
    messagesPerOperation: network.messages / operations.length,
    stableMs: quantilesOf(adds.map(({ at }, value) => stableMs(at, had[value]!, reads))),
    reachMs: quantilesOf(reach.filter((ms) => ms < Infinity)),
    lost: reach.filter((ms) => ms === Infinity).length,
  }
}

/** Tells of all values when each server got them, and how often. */
function tell(to: DeliveryCount, adds: readonly Operation[], { had, copies }: Network): void {
  for (const [value, { at, node: first }] of adds.entries()) {
    to.publish(value, had[value]!.length - 1)
    for (const [node, time] of had[value]!.entries()) {
      if (node === first) continue
      to.got(copies[value]![node]!)
      if (time < Infinity) to.deliver(value, time - at)
    }
  }
}

class Network {
  messages = 0
  /** When each node got each value. */
  readonly had: Float64Array[] = []
  /** How often. */
  readonly copies: Uint16Array[] = []
  readonly #options: BroadcastOptions
  readonly #neighbours: readonly number[][]
  readonly #draws: Draws
  readonly #queue = new EventQueue<BroadcastEvent>()
  /** What a node has gathered: values, and whom each came from. */
  readonly #pending: Map<number, number>[]

  constructor(options: BroadcastOptions, neighbours: readonly number[][], draws: Draws) {
    this.#options = options
    this.#neighbours = neighbours
    this.#draws = draws
    this.#pending = neighbours.map(() => new Map<number, number>())
  }

  run(operations: readonly Operation[]): readonly Float64Array[] {
    for (const { at, node, value } of operations) {
      if (value === undefined) continue
      this.had[value] = new Float64Array(this.#options.nodes).fill(Infinity)
      this.copies[value] = new Uint16Array(this.#options.nodes)
      this.#queue.push(at, { type: 'add', node, value })
    }
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) this.#handle(next.item, next.at)
    return this.had
  }

  #handle(event: BroadcastEvent, now: number): void {
    if (event.type === 'add') this.#take(event.node, -1, [event.value], now)
    else if (event.type === 'receive') this.#take(event.node, event.from, event.values, now)
    else this.#flush(event.node, now)
  }

  #take(node: number, from: number, values: readonly number[], now: number): void {
    if (from >= 0) for (const value of values) this.copies[value]![node]!++
    const fresh = values.filter((value) => this.had[value]![node] === Infinity)
    if (fresh.length === 0) return
    const pending = this.#pending[node]!
    const isFirst = pending.size === 0
    for (const value of fresh) {
      this.had[value]![node] = now
      pending.set(value, from)
    }
    if (this.#options.batchMs === 0) this.#flush(node, now)
    else if (isFirst) this.#queue.push(now + this.#options.batchMs, { type: 'flush', node })
  }

  #flush(node: number, now: number): void {
    const { latencyMs, isExponential } = this.#options
    const pending = [...this.#pending[node]!]
    this.#pending[node]!.clear()
    for (const neighbour of this.#neighbours[node]!) {
      const values = pending.filter(([, from]) => from !== neighbour).map(([value]) => value)
      if (values.length === 0) continue
      this.messages++
      const takes = isExponential ? -latencyMs * Math.log(1 - this.#draws.unit()) : latencyMs
      this.#queue.push(now + takes, { type: 'receive', node: neighbour, from: node, values })
    }
  }
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}
