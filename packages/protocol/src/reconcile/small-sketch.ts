import { type KeyList, wordAt } from './key.ts'
import { hashed, type HashKey, keyHash } from './key-hash.ts'
import { nextIndex, Sketch, sketchSymbolsMax, startMapping, type SymbolSource, symbolWords } from './sketch.ts'

/** Symbols that are made at first: more than a session asks for in which little differs. */
const symbolsMin = 128

/**
 * The coded symbols of few keys, made as far as they are asked for: most sessions look at the first 32, and a whole sketch takes
 * 576 KiB.
 */
export class SmallSketch implements SymbolSource {
  readonly key: HashKey
  readonly #keys: KeyList
  #made: Sketch | undefined

  /** `keys`: given away; not to be changed any more. */
  constructor(key: HashKey, keys: KeyList) {
    this.key = key
    this.#keys = keys
  }

  upTo(count: number): Uint32Array {
    const words = Math.min(sketchSymbolsMax, Math.max(symbolsMin, count)) * symbolWords
    if (this.#made === undefined || this.#made.words.length < words) {
      // Twice what it was, so that a session that goes on asking does not have it made each time.
      const grown = Math.min(sketchSymbolsMax * symbolWords, Math.max(words, 2 * (this.#made?.words.length ?? 0)))
      this.#made = new Sketch(this.key, new Uint32Array(grown))
      this.#made.applyKeys(1, this.#keys)
    }
    return this.#made.words
  }

  symbolAt(index: number): Uint32Array {
    const made = this.#made
    if (made !== undefined && (index + 1) * symbolWords <= made.words.length) return made.symbolAt(index)
    const symbol = new Uint32Array(symbolWords)
    for (let place = 0; place < this.#keys.length; place++) {
      const [time, id] = [this.#keys.time(place), this.#keys.id(place)]
      const [high, low] = [Math.floor(time / 0x1_0000_0000), time >>> 0]
      const [w0, w1, w2, w3] = [wordAt(id, 0), wordAt(id, 4), wordAt(id, 8), wordAt(id, 12)]
      keyHash(this.key, high, low, w0, w1, w2, w3)
      const words = [high, low, w0, w1, w2, w3, hashed[0]!, hashed[1]!, 1]
      startMapping(hashed[0]!, hashed[1]!)
      let at = 0
      while (at < index) at = nextIndex(at)
      if (at === index) for (const [word, value] of words.entries()) symbol[word] = symbol[word]! + value
    }
    return symbol
  }
}
