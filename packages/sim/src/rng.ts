/**
 * A seeded source of randomness: xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c), its
 * state filled from the seed by the finalizer of MurmurHash3. Integer arithmetic throughout, and no method uses a
 * function such as `Math.log` that engines may round differently: one seed draws the same numbers everywhere.
 */
export class Rng {
  readonly #seed: number
  readonly #state: Uint32Array

  /** `seed` is any integer; its low 32 bits and the next 21 count. */
  constructor(seed: number) {
    this.#seed = seed
    this.#state = new Uint32Array(4)
    let word = mix(Math.floor(seed / 2 ** 32) ^ 0x9e3779b9) ^ (seed | 0)
    for (let index = 0; index < 4; index++) {
      word = (word + 0x9e3779b9) | 0
      this.#state[index] = mix(word)
    }
    // The one state that the generator never leaves; four mixed words of 0 do not occur, so this is belt and braces.
    if (this.#state.every((value) => value === 0)) this.#state[0] = 1
  }

  /** A generator in the given state of four words, not all 0: for comparing with the published algorithm. */
  static fromState(state: readonly [number, number, number, number]): Rng {
    const rng = new Rng(0)
    rng.#state.set(state)
    return rng
  }

  /** The next 32 bits, 0 to 2^32 − 1. */
  next(): number {
    const s = this.#state
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const shifted = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= shifted
    s[3] = rotate(s[3]!, 11)
    return result
  }

  /** Fills an array with what so many calls of {@link next} give, several times as fast. */
  fillWords(words: Uint32Array): void {
    const state = this.#state
    let [s0, s1, s2, s3] = [state[0]! | 0, state[1]! | 0, state[2]! | 0, state[3]! | 0]
    for (let index = 0; index < words.length; index++) {
      const product = Math.imul(s1, 5)
      words[index] = Math.imul((product << 7) | (product >>> 25), 9)
      const shifted = s1 << 9
      s2 ^= s0
      s3 ^= s1
      s1 ^= s2
      s0 ^= s3
      s2 ^= shifted
      s3 = (s3 << 11) | (s3 >>> 21)
    }
    state[0] = s0
    state[1] = s1
    state[2] = s2
    state[3] = s3
  }

  /** A number from 0 up to, not including, 1, in steps of 2^−32. */
  unit(): number {
    return this.next() / 2 ** 32
  }

  /** An integer from 0 up to, not including, `end` (at most 2^32). The bias is below end / 2^32. */
  below(end: number): number {
    return Math.floor(this.unit() * end)
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** True with this probability. Draws nothing for 0, so that a fault that is off does not shift the others. */
  chance(probability: number): boolean {
    return probability > 0 && this.unit() < probability
  }

  /** One of the items, of which there is at least one. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!
  }

  /** The items in random order, in a fresh array. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items]
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = this.below(index + 1)
      ;[shuffled[index], shuffled[other]] = [shuffled[other]!, shuffled[index]!]
    }
    return shuffled
  }

  /** `length` random bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index++) bytes[index] = this.next() >>> 24
    return bytes
  }

  /**
   * An independent generator that depends on the seed and the label only, never on what was drawn: one more draw on
   * one host does not change the luck of another.
   */
  fork(label: string): Rng {
    let hash = mix(this.#seed | 0) ^ mix(Math.floor(this.#seed / 2 ** 32) + 1)
    for (let index = 0; index < label.length; index++) hash = mix(hash ^ label.charCodeAt(index)) + index
    return new Rng((hash >>> 0) + (mix(hash ^ 0x5bd1e995) & 0xfffff) * 2 ** 32)
  }
}

const rotate = (word: number, bits: number): number => ((word << bits) | (word >>> (32 - bits))) >>> 0

function mix(word: number): number {
  let mixed = word | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
