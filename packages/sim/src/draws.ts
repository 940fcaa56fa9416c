import type { Rng } from './rng.ts'

/** Words that are drawn ahead. */
const wordsMax = 4096

/**
 * Draws from a generator in blocks, for loops that need hundreds of millions of them: one costs about two nanoseconds.
 * Whoever makes one gives the generator away: how far it is ahead is nobody's business.
 */
export class Draws {
  readonly #rng: Rng
  readonly #words = new Uint32Array(wordsMax)
  #at = wordsMax

  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** The next 32 bits, 0 to 2^32 − 1. */
  next(): number {
    if (this.#at === wordsMax) this.#refill()
    return this.#words[this.#at++]!
  }

  /** An integer from 0 up to, not including, `end`, which is at most 2^26: the bias stays below 2 %. */
  below(end: number): number {
    // Not through next: a word over 2^31 that is returned is an object, which made this twice as slow.
    if (this.#at === wordsMax) this.#refill()
    return (this.#words[this.#at++]! * (end / 2 ** 32)) | 0
  }

  /** An integer below `end` other than `self`. */
  other(self: number, end: number): number {
    const drawn = this.below(end - 1)
    return drawn < self ? drawn : drawn + 1
  }

  /** A number from 0 up to, not including, 1. */
  unit(): number {
    return this.next() / 2 ** 32
  }

  /** True with this probability. Draws nothing for 0 and 1. */
  chance(probability: number): boolean {
    if (probability >= 1 || probability <= 0) return probability >= 1
    if (this.#at === wordsMax) this.#refill()
    return this.#words[this.#at++]! < probability * 2 ** 32
  }

  /** Puts the first `count` entries into random order. */
  shuffle(entries: Uint32Array, count: number = entries.length): void {
    for (let index = count - 1; index > 0; index--) {
      const other = this.below(index + 1)
      const kept = entries[index]!
      entries[index] = entries[other]!
      entries[other] = kept
    }
  }

  #refill(): void {
    this.#rng.fillWords(this.#words)
    this.#at = 0
  }
}
