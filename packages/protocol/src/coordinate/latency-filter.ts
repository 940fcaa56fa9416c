import type { PeerId } from '../event.ts'

/** The last round trips of each peer, and the shortest of them. */
export class LatencyFilter {
  readonly #samples: number
  readonly #peersMax: number
  /** The peer heard last comes last. */
  readonly #peers = new Map<PeerId, readonly number[]>()

  constructor(samples: number, peersMax: number) {
    this.#samples = samples
    this.#peersMax = peersMax
  }

  /** Takes a round trip, and returns the shortest of those that count. */
  take(peer: PeerId, ms: number): number {
    const kept = [...(this.#peers.get(peer) ?? []), ms].slice(-this.#samples)
    this.#peers.delete(peer)
    if (this.#peers.size >= this.#peersMax) this.#peers.delete(this.#peers.keys().next().value!)
    this.#peers.set(peer, kept)
    return Math.min(...kept)
  }

  /** The shortest of the last round trips; undefined if none is known. */
  least(peer: PeerId): number | undefined {
    const kept = this.#peers.get(peer)
    return kept === undefined ? undefined : Math.min(...kept)
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer)
  }
}
