import { type KeyList, wordAt } from './key.ts'
import { hashed, type HashKey, keyHash } from './key-hash.ts'

/**
 * 32-bit words of a coded symbol: sums, each modulo 2^32, over the keys that belong to it, of the time (high and low
 * half), the four words of the id and the two of the key's hash; and how many keys they are.
 */
export const symbolWords = 9

/** Symbols that a sketch keeps: enough for 12,000 differences, in 576 KiB. */
export const sketchSymbolsMax = 16_384

/** Coded symbols of a set, as a session reads them. */
export interface SymbolSource {
  /** Of all hashes in it. */
  readonly key: HashKey
  /** Words of at least the first `count` symbols; good until the next call. */
  upTo(count: number): Uint32Array
  /** Words of one symbol; good until the next call. */
  symbolAt(index: number): Uint32Array
}

/**
 * The first coded symbols of a set: a rateless invertible Bloom lookup table (Yang, Gilad, Alizadeh: Practical Rateless
 * Set Reconciliation, SIGCOMM 2024, arXiv 2402.02668), with two departures. Symbols hold sums instead of XOR: for XOR,
 * linear algebra finds two sets of chosen ids with equal symbols. And a key's generator is 32-bit (docs/protocol.md).
 * Symbol i has a key with probability 1 / (1 + i/2), so a key is in about 18 of 16,384. Two keys that are in the same of
 * the first n symbols, about 150 / n^4 of all pairs, are told apart by later ones only. Shorter gaps between a key's
 * symbols make that rarer (at most 10 times the last: 25 times for 30 differences), but cost 3 % more symbols always.
 */
export class Sketch implements SymbolSource {
  /** `symbolWords` a symbol, in order; the sum of two sketches is that of their sets. */
  readonly words: Uint32Array
  /** Of all hashes in it. */
  readonly key: HashKey

  constructor(key: HashKey, words: Uint32Array = new Uint32Array(sketchSymbolsMax * symbolWords)) {
    this.key = key
    this.words = words
  }

  upTo(): Uint32Array {
    return this.words
  }

  symbolAt(index: number): Uint32Array {
    return this.words.subarray(index * symbolWords, (index + 1) * symbolWords)
  }

  /** Adds a key (`sign` 1) or takes it away (−1). About 1 µs. */
  apply(sign: 1 | -1, time: number, w0: number, w1: number, w2: number, w3: number): void {
    const th = Math.floor(time / 0x1_0000_0000)
    const tl = time >>> 0
    keyHash(this.key, th, tl, w0, w1, w2, w3)
    const h0 = hashed[0]!
    const h1 = hashed[1]!
    const { words } = this
    const count = words.length / symbolWords
    startMapping(h0, h1)
    for (let index = 0; index < count; index = nextIndex(index)) {
      const at = index * symbolWords
      if (sign === 1) {
        words[at] = words[at]! + th
        words[at + 1] = words[at + 1]! + tl
        words[at + 2] = words[at + 2]! + w0
        words[at + 3] = words[at + 3]! + w1
        words[at + 4] = words[at + 4]! + w2
        words[at + 5] = words[at + 5]! + w3
        words[at + 6] = words[at + 6]! + h0
        words[at + 7] = words[at + 7]! + h1
        words[at + 8] = words[at + 8]! + 1
      } else {
        words[at] = words[at]! - th
        words[at + 1] = words[at + 1]! - tl
        words[at + 2] = words[at + 2]! - w0
        words[at + 3] = words[at + 3]! - w1
        words[at + 4] = words[at + 4]! - w2
        words[at + 5] = words[at + 5]! - w3
        words[at + 6] = words[at + 6]! - h0
        words[at + 7] = words[at + 7]! - h1
        words[at + 8] = words[at + 8]! - 1
      }
    }
  }

  applyKeys(sign: 1 | -1, keys: KeyList): void {
    for (let index = 0; index < keys.length; index++) {
      const id = keys.id(index)
      this.apply(sign, keys.time(index), wordAt(id, 0), wordAt(id, 4), wordAt(id, 8), wordAt(id, 12))
    }
  }

  /** As it is now; later changes of the one do not touch the other. */
  copy(): Sketch {
    return new Sketch(this.key, this.words.slice())
  }

  clear(): void {
    this.words.fill(0)
  }
}

/** State of the generator that says which symbols a key belongs to: xoroshiro64**, seeded with the key's hash. */
const state = new Int32Array(2)

/** Begins the mapping of a key whose hash is given; its first index is always 0. */
export function startMapping(high: number, low: number): void {
  state[0] = high
  state[1] = low
  if ((state[0] | state[1]) === 0) state[0] = 1
}

/** Where the mapping stands, to go on with it later. */
export function saveMapping(to: Int32Array, at: number): void {
  to[at] = state[0]!
  to[at + 1] = state[1]!
}

/** Goes on with a saved mapping. */
export function loadMapping(from: Int32Array, at: number): void {
  state[0] = from[at]!
  state[1] = from[at + 1]!
}

/**
 * The key's next index after `index`: index + max(1, ⌈(index + 1.5) · (2^16 / √(r + 1) − 1)⌉) for the next 32-bit
 * output r. Only operations that IEEE 754 rounds correctly, so that every language gets the same.
 */
export function nextIndex(index: number): number {
  const s0 = state[0]!
  let s1 = state[1]!
  const product = Math.imul(s0, 0x9e3779bb)
  const r = Math.imul((product << 5) | (product >>> 27), 5) >>> 0
  s1 ^= s0
  state[0] = ((s0 << 26) | (s0 >>> 6)) ^ s1 ^ (s1 << 9)
  state[1] = (s1 << 13) | (s1 >>> 19)
  const gap = Math.ceil((index + 1.5) * (65_536 / Math.sqrt(r + 1) - 1))
  return index + (gap < 1 ? 1 : gap)
}
