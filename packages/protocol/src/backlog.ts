import type { PeerId } from './event.ts'

/**
 * Memory of an envelope under check beside its bytes, and of each message in it: ids, the validator's message and its
 * promise. Without it 16 MiB of the smallest messages would cost over 1 GiB. Rough, from V8's object sizes.
 */
export const pendingCost: { readonly envelope: number; readonly message: number } = { envelope: 1_500, message: 500 }

/** Bounds of a {@link Backlog}, in bytes of memory. */
export interface BacklogOptions {
  readonly ofPeerMax: number
  /** Over all peers. A peer with nothing under check may exceed it by one envelope, up to twice this. */
  readonly totalMax: number
  /** Read no more from a peer, or again. */
  readonly onPause: (peer: PeerId) => void
  readonly onResume: (peer: PeerId) => void
}

/**
 * What is still being checked, by the peer that brought it. Peers are asked to wait well before anything has to be
 * turned away, and no peer's backlog can turn away another's first envelope.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #byPeer = new Map<PeerId, number>()
  readonly #paused = new Set<PeerId>()
  #total = 0

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  get total(): number {
    return this.#total
  }

  of(peer: PeerId): number {
    return this.#byPeer.get(peer) ?? 0
  }

  /** Takes on `cost` bytes for a peer, or refuses. */
  add(peer: PeerId, cost: number): boolean {
    const { ofPeerMax, totalMax, onPause } = this.#options
    const held = this.of(peer)
    if (held + cost > ofPeerMax) return false
    if (this.#total + cost > (held === 0 ? 2 * totalMax : totalMax)) return false
    this.#byPeer.set(peer, held + cost)
    this.#total += cost
    const isMuch = held + cost > ofPeerMax / 2 || this.#total > totalMax / 2
    if (isMuch && !this.#paused.has(peer)) {
      this.#paused.add(peer)
      onPause(peer)
    }
    return true
  }

  /** Gives back what was taken on. */
  remove(peer: PeerId, cost: number): void {
    const left = this.of(peer) - cost
    this.#total -= cost
    if (left > 0) this.#byPeer.set(peer, left)
    else this.#byPeer.delete(peer)
    if (this.#total > this.#options.totalMax / 4) return this.#resumeIfIdle(peer)
    for (const paused of this.#paused) this.#resumeIfLittle(paused)
  }

  #resumeIfLittle(peer: PeerId): void {
    if (this.of(peer) <= this.#options.ofPeerMax / 4) this.#resume(peer)
  }

  /** While the whole is much, only who has nothing left under check goes on. */
  #resumeIfIdle(peer: PeerId): void {
    if (!this.#byPeer.has(peer)) this.#resume(peer)
  }

  #resume(peer: PeerId): void {
    if (this.#paused.delete(peer)) this.#options.onResume(peer)
  }
}
