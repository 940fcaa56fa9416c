import type { Draws } from '../draws.ts'
import type { RegionMap } from '../region.ts'

/** How long links take, one way, in whole ms from 1 on. */
export type LatencyLaw =
  | { readonly law: 'constant'; readonly ms: number }
  /** Each link has its own, the same in both directions, evenly from `minMs` to `maxMs`. */
  | { readonly law: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** The same with an exponential law of this mean. */
  | { readonly law: 'exponential'; readonly meanMs: number }
  /** By where the two nodes are, which is drawn for each node. */
  | { readonly law: 'map'; readonly map: RegionMap }
  /** As measured or given: from the node of the row to that of the column. For 4,096 nodes at most. */
  | { readonly law: 'links'; readonly ms: readonly (readonly number[])[] }

/** Entries of a table of latencies: a power of two. */
const entries = 4096

/** Longest latency, in ms: the longest of the exponential law is 9 times its mean. */
export const latencyMsMax = 16_000

/** Latencies of all links: by the {@link linkHash} of their ends, or by where their nodes are. */
export interface Latencies {
  readonly byHash: Uint16Array
  readonly byPlace?: {
    /** The region of each node, or the node itself. */
    readonly regionOf: Uint16Array
    /** Row by row: from each region to each. */
    readonly table: Uint16Array
    readonly regions: number
  }
}

/** Latencies of the links among so many nodes. Throws a RangeError for one out of range. */
export function latenciesOf(latency: LatencyLaw, nodes: number, draws: Draws): Latencies {
  if (latency.law === 'map') return { byHash: new Uint16Array(0), byPlace: placed(latency.map, nodes, draws) }
  if (latency.law === 'links') return { byHash: new Uint16Array(0), byPlace: given(latency.ms, nodes) }
  return { byHash: latencyTable(latency) }
}

/** Every node is a place of its own. */
function given(ms: readonly (readonly number[])[], nodes: number): Required<Latencies>['byPlace'] {
  if (nodes > 4096 || ms.length !== nodes || ms.some((row) => row.length !== nodes))
    throw new RangeError(`latencies of links are not ${nodes} rows of ${nodes}, or more than 4,096`)
  const table = Uint16Array.from(ms.flat(), checked)
  return { regionOf: Uint16Array.from({ length: nodes }, (_, node) => node), table, regions: nodes }
}

function placed({ regions, ms }: RegionMap, nodes: number, draws: Draws): Required<Latencies>['byPlace'] {
  const count = regions.length
  const table = Uint16Array.from(ms.flat(), checked)
  if (count > 255 || table.length !== count ** 2)
    throw new RangeError(`a map of ${count} regions has ${table.length} latencies`)
  const total = regions.reduce((sum, { weight }) => sum + weight, 0)
  const regionOf = new Uint16Array(nodes)
  for (let node = 0; node < nodes; node++) {
    let left = draws.unit() * total
    let region = 0
    while (region < count - 1 && left >= regions[region]!.weight) left -= regions[region++]!.weight
    regionOf[node] = region
  }
  return { regionOf, table, regions: count }
}

/** A latency as the model has it. */
function checked(ms: number): number {
  if (!(ms >= 0 && ms <= latencyMsMax)) throw new RangeError(`a latency is ${ms} ms, not 0 to ${latencyMsMax}`)
  return Math.max(1, Math.round(ms))
}

type DrawnLaw = Exclude<LatencyLaw, { law: 'map' | 'links' }>

/** A table in which a link finds its latency by a number of its own, {@link linkHash}. */
function latencyTable(latency: DrawnLaw): Uint16Array {
  const table = new Uint16Array(entries)
  for (let entry = 0; entry < entries; entry++) {
    table[entry] = checked(quantile(latency, (entry + 0.5) / entries))
  }
  return table
}

function quantile(latency: DrawnLaw, part: number): number {
  if (latency.law === 'constant') return latency.ms
  if (latency.law === 'uniform') return latency.minMs + part * (latency.maxMs - latency.minMs)
  return -latency.meanMs * Math.log(1 - part)
}

/** The entry of a link, given one of its ends and the other; the same for both orders. */
export function linkHash(end: number, twin: number): number {
  const link = Math.imul(Math.min(end, twin) ^ 0x2545f491, 0x9e3779b1)
  return Math.imul(link ^ (link >>> 15), 0x85ebca6b) >>> (32 - 12)
}
