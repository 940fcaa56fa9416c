import type { DeliveryCount } from '../report/delivery-count.ts'
import type { Message } from './message-book.ts'
import { kind, role, type MeshState } from './state.ts'

/** Quantiles, in ms. */
export interface Delays {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** What came of a measurement. Only honest nodes count, and of messages those that were published to be measured. */
export interface MeshOutcome {
  readonly messages: number
  /** Messages that nodes got, of those that they should have got: all but the publisher's own. */
  readonly delivered: number
  readonly expected: number
  /** Copies that nodes got for each message delivered, the first included. */
  readonly copies: number
  /** Copies beyond the first, for each node and message; the publisher, too, may get some. */
  readonly duplicates: number
  /** ms from publication to delivery, of those delivered. */
  readonly delayMs: Delays
  /** The same for each region, with a map of latencies: where it was delivered, wherever it came from. */
  readonly regions?: readonly { readonly name: string; readonly nodes: number; readonly delayMs: Delays }[]
  /** Sent by all nodes since the first message that counts. */
  readonly sent: {
    readonly message: number
    readonly ihave: number
    readonly iwant: number
    readonly idontwant: number
    readonly graft: number
    readonly prune: number
  }
  /** Neighbours in the mesh, at the end, of honest nodes. */
  readonly meshSize: { readonly mean: number; readonly least: number; readonly most: number }
  /** How many of those are honest, as a part. */
  readonly honestPart: number
  /** Arrivals and heartbeats since the beginning. */
  readonly events: number
}

/** Adds up messages that are over. */
export class MeshCount {
  /** Arrivals of measured messages at honest nodes. */
  copies = 0
  readonly #histogram = new Histogram()
  readonly #regions: Histogram[] = []
  #messages = 0
  #delivered = 0
  #expected = 0
  #nodeMessages = 0
  #sentBefore: readonly number[] = [0, 0, 0, 0, 0, 0, 0]
  readonly #deliveries: DeliveryCount | undefined

  constructor(deliveries?: DeliveryCount) {
    this.#deliveries = deliveries
  }

  start({ sent }: MeshState): void {
    this.#sentBefore = [...sent]
  }

  add(message: Message, state: MeshState): void {
    const { isMeasured, delays, publisher } = message
    const { isUp, roles, latencies } = state
    if (!isMeasured) return
    if (this.#deliveries !== undefined) tell(this.#deliveries, message, state)
    const regionOf = latencies.byPlace?.regionOf
    this.#messages++
    for (let node = 0; node < delays.length; node++) {
      if (isUp[node] === 0 || roles[node] !== role.honest) continue
      this.#nodeMessages++
      if (node === publisher) continue
      this.#expected++
      const delay = delays[node]!
      if (delay === 0) continue
      this.#delivered++
      this.#histogram.add(delay - 1)
      if (regionOf !== undefined) (this.#regions[regionOf[node]!] ??= new Histogram()).add(delay - 1)
    }
  }

  outcome(state: MeshState, events: number): MeshOutcome {
    const sentOf = (what: number): number => state.sent[what]! - this.#sentBefore[what]!
    const { message, ihave, iwant, idontwant, graft, prune } = kind
    return {
      messages: this.#messages,
      delivered: this.#delivered,
      expected: this.#expected,
      copies: this.copies / this.#delivered,
      duplicates: (this.copies - this.#delivered) / this.#nodeMessages,
      delayMs: this.#histogram.quantiles,
      ...this.#regionsOf(state),
      sent: {
        message: sentOf(message),
        ihave: sentOf(ihave),
        iwant: sentOf(iwant),
        idontwant: sentOf(idontwant),
        graft: sentOf(graft),
        prune: sentOf(prune),
      },
      ...meshSizes(state),
      events,
    }
  }

  #regionsOf({ network, latencies, isUp, roles }: MeshState): Pick<MeshOutcome, 'regions'> {
    const regionOf = latencies.byPlace?.regionOf
    if (network.latency.law !== 'map' || regionOf === undefined) return {}
    const isIn = (node: number, region: number): boolean =>
      regionOf[node] === region && isUp[node] === 1 && roles[node] === role.honest
    const regions = network.latency.map.regions.map(({ name }, region) => ({
      name,
      nodes: regionOf.reduce((sum, _, node) => sum + (isIn(node, region) ? 1 : 0), 0),
      delayMs: (this.#regions[region] ?? new Histogram()).quantiles,
    }))
    return { regions }
  }
}

/** Tells of a message that is over what came of it at each honest node. */
function tell(to: DeliveryCount, { id, delays, copies, publisher }: Message, state: MeshState): void {
  const { isUp, roles, latencies, network } = state
  const regionOf = network.latency.law === 'map' ? latencies.byPlace?.regionOf : undefined
  const nodes: number[] = []
  for (let node = 0; node < delays.length; node++)
    if (isUp[node] === 1 && roles[node] === role.honest && node !== publisher) nodes.push(node)
  to.publish(id, nodes.length)
  for (const node of nodes) {
    to.got(copies?.[node] ?? 0)
    if (delays[node] !== 0) to.deliver(id, delays[node]! - 1, regionOf?.[publisher], regionOf?.[node])
  }
}

/** Delays, by the ms. */
class Histogram {
  readonly #counts = new Float64Array(65_536)
  #sum = 0

  add(ms: number): void {
    this.#counts[ms]!++
    this.#sum++
  }

  get quantiles(): Delays {
    return { p50: this.#at(0.5), p90: this.#at(0.9), p99: this.#at(0.99), max: this.#at(1) }
  }

  /** The least with so many at or below it; 0 if there are none. */
  #at(part: number): number {
    let left = Math.ceil(part * this.#sum)
    let ms = -1
    while (left > 0) left -= this.#counts[++ms]!
    return Math.max(0, ms)
  }
}

function meshSizes(state: MeshState): Pick<MeshOutcome, 'meshSize' | 'honestPart'> {
  const { graph, isUp, roles, meshSize, inMesh } = state
  let [nodes, sum, honest, least, most] = [0, 0, 0, Infinity, 0]
  for (let node = 0; node < graph.nodes; node++) {
    if (isUp[node] === 0 || roles[node] !== role.honest) continue
    nodes++
    sum += meshSize[node]!
    least = Math.min(least, meshSize[node]!)
    most = Math.max(most, meshSize[node]!)
    for (let end = graph.first[node]!; end < graph.first[node + 1]!; end++) {
      if (inMesh[end] === 1 && roles[state.peerOf(end)] === role.honest) honest++
    }
  }
  return { meshSize: { mean: sum / nodes, least, most }, honestPart: sum === 0 ? 0 : honest / sum }
}
