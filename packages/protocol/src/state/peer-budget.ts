import type { Millis, PeerId } from '../event.ts'

/** Frames of exchanges that a peer may send in a row, and a second: twice what the fastest rounds take. */
const burst = 60
const perSecond = 20

/** Frames that peers may still send: an opening of 100 bytes can cost us an answer of 80 KiB. */
export class PeerBudget {
  readonly #peers = new Map<PeerId, { tokens: number; at: Millis }>()
  #tidiedAt: Millis = -Infinity

  /** Takes one; false if the peer has none left. */
  take(peer: PeerId, now: Millis): boolean {
    const budget = this.#peers.get(peer)
    if (budget === undefined) {
      this.#peers.set(peer, { tokens: burst - 1, at: now })
      return true
    }
    const tokens = Math.min(burst, budget.tokens + ((now - budget.at) / 1000) * perSecond)
    budget.tokens = tokens < 1 ? tokens : tokens - 1
    budget.at = now
    return tokens >= 1
  }

  /** Forgets those who have their full budget again. Looks once a second. */
  tidy(now: Millis): void {
    if (now < this.#tidiedAt + 1000) return
    this.#tidiedAt = now
    for (const [peer, { at }] of this.#peers) if (now - at > (burst / perSecond) * 1000) this.#peers.delete(peer)
  }
}
