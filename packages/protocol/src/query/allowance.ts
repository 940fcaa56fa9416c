import type { Millis } from '../event.ts'
import type { Rate } from './limits.ts'

/** What each of many may still do: a bucket of tokens for each that has used some of late, `namesMax` at most. */
export class Allowance {
  readonly #rate: Rate
  readonly #namesMax: number
  readonly #buckets = new Map<string, { tokens: number; at: Millis }>()

  constructor(rate: Rate, namesMax: number = Infinity) {
    this.#rate = rate
    this.#namesMax = namesMax
  }

  /** Takes one; false if there is none left. */
  take(name: string, now: Millis): boolean {
    const { burst, perSecond } = this.#rate
    const bucket = this.#buckets.get(name)
    const tokens =
      bucket === undefined ? burst : Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond)
    this.#buckets.delete(name)
    this.#buckets.set(name, { tokens: tokens < 1 ? tokens : tokens - 1, at: now })
    // At worst the longest idle has all of it again too early.
    if (this.#buckets.size > this.#namesMax) this.#buckets.delete(this.#buckets.keys().next().value!)
    return tokens >= 1
  }

  /** Forgets those who have all of it again. */
  tidy(now: Millis): void {
    const fullAfter = (this.#rate.burst / this.#rate.perSecond) * 1000
    for (const [name, { at }] of this.#buckets) if (now - at > fullAfter) this.#buckets.delete(name)
  }
}
