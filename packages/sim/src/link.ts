import type { Millis } from '@grapevine/protocol'
import type { Rng } from './rng.ts'

/** How one direction between two hosts behaves. Every field may be left out: then the link is instant and perfect. */
export interface LinkOptions {
  /** Time that every payload takes, in ms. */
  readonly latencyMs?: number
  /** Up to this much more, uniformly, in ms. Does not change the order: links carry streams. */
  readonly jitterMs?: number
  /** Probability, 0 to 1, that a payload never arrives. */
  readonly loss?: number
  /** Probability, 0 to 1, that a payload arrives twice, the second time out of order. */
  readonly duplication?: number
  /** Probability, 0 to 1, that a payload takes up to `reorderMs` more and is overtaken by those behind it. */
  readonly reorder?: number
  /** Default 100 ms. */
  readonly reorderMs?: number
  /** Bytes a second, for worlds that know the size of a payload. Default: unlimited. */
  readonly bytesPerSecond?: number
}

/** The longest that a payload is on its way when the link is idle and unlimited, in ms. */
export function transitMsMax(options: LinkOptions): Millis {
  const strays = (options.reorder ?? 0) > 0 || (options.duplication ?? 0) > 0
  return (options.latencyMs ?? 0) + (options.jitterMs ?? 0) + (strays ? (options.reorderMs ?? 100) : 0)
}

/** One direction between two hosts, with its own memory: what is still being sent, and what arrives last. */
export class Link {
  readonly #options: LinkOptions
  #idleAt: Millis = 0
  #lastArrival: Millis = 0

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** When a payload of `size` bytes that is sent now arrives: not at all, once, or twice. */
  carry(now: Millis, size: number, rng: Rng): readonly Millis[] {
    const { latencyMs = 0, jitterMs = 0, loss = 0, duplication = 0, reorder = 0, reorderMs = 100 } = this.#options
    const { bytesPerSecond = Infinity } = this.#options
    // A lost payload takes its share of the bandwidth all the same.
    const left = Math.max(now, this.#idleAt) + (size * 1000) / bytesPerSecond
    this.#idleAt = left
    if (rng.chance(loss)) return []
    const arrival = left + latencyMs + (jitterMs > 0 ? rng.unit() * jitterMs : 0)
    const stray = (): Millis => arrival + rng.unit() * reorderMs
    const copies = rng.chance(duplication) ? [stray()] : []
    if (rng.chance(reorder)) return [stray(), ...copies]
    this.#lastArrival = Math.max(this.#lastArrival, arrival)
    return [this.#lastArrival, ...copies]
  }
}
