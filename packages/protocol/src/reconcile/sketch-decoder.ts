import { KeyList, putWord, wordAt } from './key.ts'
import { hashed, keyHash } from './key-hash.ts'
import { loadMapping, nextIndex, saveMapping, startMapping, type SymbolSource, symbolWords } from './sketch.ts'

/** Bytes of a symbol on the wire: its words in order, big-endian. */
export const symbolSize: number = symbolWords * 4

/**
 * Finds which keys two sets do not share, from the symbols of both: a symbol of the difference with a single key shows
 * it, and without that key others may show one. Takes about 1.4 symbols a difference for many, 1.7 for few; and at most
 * one set in 2,000 takes more than 3 a difference and 32.
 */
export class SketchDecoder {
  /** Keys that only we have. */
  readonly ours: KeyList = new KeyList()
  /** Keys that only the peer has. */
  readonly theirs: KeyList = new KeyList()
  readonly #own: SymbolSource
  /** Ours less theirs, of the symbols that came, less the keys that were found; room for more behind them. */
  #difference: Uint32Array = new Uint32Array(64 * symbolWords)
  #count = 0
  /** Indexes of symbols that may show a key. */
  readonly #candidates: number[] = []
  /** Of each key that was found: 8 words, its sign, its next index and its generator, to take it from later symbols. */
  #found = new Int32Array(64 * 12)
  #foundCount = 0
  #failed = false

  /** `own`: the sketch of our keys in the same range; it must not change any more. */
  constructor(own: SymbolSource) {
    this.#own = own
  }

  /** Symbols that came. */
  get count(): number {
    return this.#count
  }

  /** Whether `advance` has something to do. */
  get busy(): boolean {
    return this.#candidates.length > 0
  }

  /** Takes the peer's next symbols, `symbolSize` bytes each; there must be room. */
  add(symbols: Uint8Array): void {
    const from = this.#count
    this.#count += Math.floor(symbols.length / symbolSize)
    const own = this.#own.upTo(this.#count)
    const end = this.#count * symbolWords
    if (end > this.#difference.length) {
      const more = new Uint32Array(Math.max(end, 2 * this.#difference.length))
      more.set(this.#difference)
      this.#difference = more
    }
    for (let at = from * symbolWords, byte = 0; at < end; at++, byte += 4) {
      this.#difference[at] = own[at]! - wordAt(symbols, byte)
    }
    for (let found = 0; found < this.#foundCount; found++) this.#takeFound(found)
    for (let index = from; index < this.#count; index++) this.#candidates.push(index)
  }

  /** Looks at no more than `max` symbols; about 0.5 µs each, and 1.5 µs for a key. */
  advance(max: number): void {
    for (let left = max; left > 0 && this.#candidates.length > 0; left--) this.#look(this.#candidates.pop()!)
  }

  /** Whether the symbols contradict each other, so that no more of them will help. */
  get failed(): boolean {
    return this.#failed
  }

  /** Whether every difference was found: nothing is left in any symbol. */
  get complete(): boolean {
    if (this.#failed || this.busy || this.#count === 0) return false
    for (let at = 0; at < this.#count * symbolWords; at++) if (this.#difference[at] !== 0) return false
    return true
  }

  /** Whether the keys that were found are all that makes a symbol of the peer, which did not come with the others, differ. */
  explains(index: number, symbol: Uint8Array): boolean {
    if (index < this.#count) return true
    const rest = this.#own.symbolAt(index).slice()
    for (let at = 0; at < symbolWords; at++) rest[at] = rest[at]! - wordAt(symbol, at * 4)
    for (let found = 0; found < this.#foundCount; found++) {
      const from = found * 12
      let next = this.#found[from + 9]!
      loadMapping(this.#found, from + 10)
      while (next < index) next = nextIndex(next)
      if (next !== index) continue
      const sign = this.#found[from + 8]!
      for (let at = 0; at < 8; at++) rest[at] = rest[at]! - sign * this.#found[from + at]!
      rest[8] = rest[8]! - sign
    }
    return rest.every((word) => word === 0)
  }

  /**
   * How many differences are left, from how far counts are off: symbol i counts each with chance p = 1 / (1 + i/2), so
   * the square of what it is off by, less the net difference's part, is p(1 − p) times their number in the mean. Off by a
   * quarter or so with 32 symbols.
   */
  estimate(): number {
    const net = this.#difference[symbolWords - 1]! | 0
    let sum = 0
    for (let index = 1; index < this.#count; index++) {
      const chance = 1 / (1 + index / 2)
      const off = (this.#difference[(index + 1) * symbolWords - 1]! | 0) - net * chance
      sum += (off * off) / (chance * (1 - chance))
    }
    return Math.max(Math.abs(net), this.#count > 1 ? sum / (this.#count - 1) : 0)
  }

  #look(index: number): void {
    const words = this.#difference
    const at = index * symbolWords
    const sign = words[at + 8]! | 0
    if (sign !== 1 && sign !== -1) return
    const word = (offset: number): number => (sign === 1 ? words[at + offset]! : -words[at + offset]! >>> 0)
    const high = word(0)
    // A time of 2^53 or more is no key, and only what looks like one is worth a hash.
    if (high > 0x1f_ffff) return
    keyHash(this.#own.key, high, word(1), word(2), word(3), word(4), word(5))
    if (hashed[0] !== word(6) || hashed[1] !== word(7)) return
    // Symbols that no set has could show the same key for ever; those of sets show no more keys than they are.
    if (this.#foundCount >= this.#count) {
      this.#failed = true
      this.#candidates.length = 0
      return
    }
    this.#takeFound(this.#remember(sign, word))
  }

  #remember(sign: 1 | -1, word: (offset: number) => number): number {
    const at = this.#foundCount * 12
    if (at === this.#found.length) {
      const more = new Int32Array(this.#found.length * 2)
      more.set(this.#found)
      this.#found = more
    }
    for (let offset = 0; offset < 8; offset++) this.#found[at + offset] = word(offset)
    this.#found[at + 8] = sign
    this.#found[at + 9] = 0
    startMapping(word(6), word(7))
    saveMapping(this.#found, at + 10)
    const id = new Uint8Array(16)
    for (let offset = 0; offset < 4; offset++) putWord(id, offset * 4, word(offset + 2))
    const list = sign === 1 ? this.ours : this.theirs
    list.push(word(0) * 0x1_0000_0000 + word(1), id)
    return this.#foundCount++
  }

  /** Takes a key out of the symbols from its next index on. */
  #takeFound(which: number): void {
    const found = this.#found
    const from = which * 12
    const sign = found[from + 8]!
    let index = found[from + 9]!
    if (index >= this.#count) return
    loadMapping(found, from + 10)
    for (; index < this.#count; index = nextIndex(index)) {
      const at = index * symbolWords
      for (let offset = 0; offset < 8; offset++) {
        this.#difference[at + offset] = this.#difference[at + offset]! - sign * found[from + offset]!
      }
      const count = ((this.#difference[at + 8] = this.#difference[at + 8]! - sign) | 0) >>> 0
      if (count === 1 || count === 0xffff_ffff) this.#candidates.push(index)
    }
    found[from + 9] = index
    saveMapping(found, from + 10)
  }
}
