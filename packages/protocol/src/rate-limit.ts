import { keyOf } from './bytes.ts'
import type { Millis } from './event.ts'
import type { TopicRules } from './topic.ts'

/** Authors tracked at once over all topics; the longest idle is forgotten, which at worst lets it start a fresh second. */
const authorsMax = 16_384

interface Bucket {
  tokens: number
  at: Millis
}

/**
 * A token bucket per topic and author: `authorRateMax` a second, and as much in a burst, but at least one message. With
 * `slack` the burst is larger by that part and one message: a receiver must not blame the jitter of the way on an author
 * that keeps to the rate.
 */
export class RateLimit {
  readonly #slack: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(slack = 0) {
    this.#slack = slack
  }

  /** Takes `count` tokens, or none and returns false. */
  allow(rules: TopicRules, author: Uint8Array, count: number, now: Millis): boolean {
    const rate = rules.authorRateMax
    if (rate === Infinity) return true
    const key = rules.name + '\0' + keyOf(author)
    const known = this.#buckets.get(key)
    const burst = this.#slack === 0 ? Math.max(1, rate) : 1 + rate * (1 + this.#slack)
    const tokens = known === undefined ? burst : Math.min(burst, known.tokens + ((now - known.at) / 1000) * rate)
    const allowed = tokens >= count
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: allowed ? tokens - count : tokens, at: now })
    if (this.#buckets.size > authorsMax) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
    return allowed
  }
}
