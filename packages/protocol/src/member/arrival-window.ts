import type { Millis } from '../event.ts'

/** How arrivals are judged. */
export interface ArrivalOptions {
  readonly arrivalsMax: number
  readonly deviationMinMs: number
  /** Expected between arrivals before there are any. */
  readonly beatMs: number
}

/**
 * When the last beats of a node came, and how suspicious its silence is: phi, minus the decimal logarithm of the probability
 * that a beat comes later than now (Hayashibara and others, *The φ Accrual Failure Detector*, SRDS 2004). The distribution is
 * taken as normal, its tail by the logistic approximation that Akka uses.
 */
export class ArrivalWindow {
  readonly #options: ArrivalOptions
  readonly #intervals: number[]
  #at = 0
  #lastAt: Millis

  constructor(options: ArrivalOptions, now: Millis) {
    this.#options = options
    // Two guesses around what is expected, so that the first arrivals do not count for all.
    this.#intervals = [options.beatMs * 0.75, options.beatMs * 1.25]
    this.#lastAt = now
  }

  /** A beat came. A gap that was an outage says nothing of the usual way, and is left out. */
  arrived(now: Millis, isOutage: boolean): void {
    if (!isOutage) {
      this.#intervals[this.#at] = now - this.#lastAt
      this.#at = (this.#at + 1) % this.#options.arrivalsMax
    }
    this.#lastAt = now
  }

  /** Time in which we were not there to hear it: not its silence. */
  excuse(ms: Millis, now: Millis): void {
    this.#lastAt = Math.min(now, this.#lastAt + ms)
  }

  /** 0 or more; `pauseMs` of silence are always allowed. */
  phi(now: Millis, pauseMs: number): number {
    const count = this.#intervals.length
    const mean = this.#intervals.reduce((sum, interval) => sum + interval, 0) / count
    const variance = this.#intervals.reduce((sum, interval) => sum + (interval - mean) ** 2, 0) / count
    const deviation = Math.max(Math.sqrt(variance), this.#options.deviationMinMs)
    const y = (now - this.#lastAt - mean - pauseMs) / deviation
    const exponent = y * (1.5976 + 0.070566 * y * y)
    // log10(1 + e^x), without overflow.
    return exponent > 30 ? exponent / Math.LN10 : Math.log1p(Math.exp(exponent)) / Math.LN10
  }
}
