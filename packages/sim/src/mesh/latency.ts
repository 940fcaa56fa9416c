/** How long links take, one way, in whole ms from 1 on. */
export type LatencyLaw =
  | { readonly law: 'constant'; readonly ms: number }
  /** Each link has its own, the same in both directions, evenly from `minMs` to `maxMs`. */
  | { readonly law: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** The same with an exponential law of this mean. */
  | { readonly law: 'exponential'; readonly meanMs: number }

/** Entries of a table of latencies: a power of two. */
const entries = 4096

/** Longest latency, in ms: the longest of the exponential law is 9 times its mean. */
export const latencyMsMax = 16_000

/** A table in which a link finds its latency by a number of its own, {@link linkHash}. Throws a RangeError. */
export function latencyTable(latency: LatencyLaw): Uint16Array {
  const table = new Uint16Array(entries)
  for (let entry = 0; entry < entries; entry++) {
    const ms = Math.round(quantile(latency, (entry + 0.5) / entries))
    if (!(ms >= 0 && ms <= latencyMsMax)) throw new RangeError(`a latency is ${ms} ms, not 0 to ${latencyMsMax}`)
    table[entry] = Math.max(1, ms)
  }
  return table
}

function quantile(latency: LatencyLaw, part: number): number {
  if (latency.law === 'constant') return latency.ms
  if (latency.law === 'uniform') return latency.minMs + part * (latency.maxMs - latency.minMs)
  return -latency.meanMs * Math.log(1 - part)
}

/** The entry of a link, given one of its ends and the other; the same for both orders. */
export function linkHash(end: number, twin: number): number {
  const link = Math.imul(Math.min(end, twin) ^ 0x2545f491, 0x9e3779b1)
  return Math.imul(link ^ (link >>> 15), 0x85ebca6b) >>> (32 - 12)
}
