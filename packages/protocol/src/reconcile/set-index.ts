import { argumentError } from '../error.ts'
import type { Block } from './block.ts'
import { firstBound, KeyList, keyIdSize, type KeyRange, lastBound, wordAt } from './key.ts'
import { type HashKey, hashKeyFrom } from './key-hash.ts'
import { keysOf, type Part, partsOf, type RangeSummary, summaryOf } from './key-range.ts'
import { Sketch, type SymbolSource } from './sketch.ts'
import { SmallSketch } from './small-sketch.ts'
import { SortedKeys } from './sorted-keys.ts'

/** Keys outside a range, or inside it, up to which a sketch of the range is made: about 3 ms. */
const adjustedKeysMax = 4096

/** Keys in a range up to which its sketch is made as far as it is asked for; and up to which that of all is not kept. */
const smallKeysMax = 512
/** Keys below a new floor up to which the sketch follows at once and not in `buildSome`. */
const removedAtOnceMax = 1024

/**
 * The keys of everything that a store holds on one topic, in memory: dedup that survives a restart, and what sessions
 * compare. About 24 to 36 bytes a key, and 0.6 MB from 513 keys on; 1,000,000 keys stay below 40 MB. Holds copies of what it
 * is given. Not thread-safe; every method is synchronous and takes microseconds if nothing else is said.
 */
export class SetIndex {
  readonly #keys = new SortedKeys()
  readonly #hashKey: HashKey
  /** Of all keys; made when they are more than few, and kept. */
  #sketch: Sketch | undefined = undefined
  #floor = 0
  /** The sketch holds the keys before this one, and all of them if it is undefined… */
  #unbuilt: { time: number; w0: number; w1: number; w2: number; w3: number } | undefined = undefined
  /** …and besides those of these blocks, which are below the floor. */
  #removed: Block[] = []

  /** `sketchKey`: 16 bytes, from the function of that name. Throws `argument`. */
  constructor(sketchKey: Uint8Array) {
    if (sketchKey.length !== 16) throw argumentError('sketchKey', '16 bytes', `${sketchKey.length} bytes`)
    this.#hashKey = hashKeyFrom(sketchKey)
  }

  /** Keys held. */
  get count(): number {
    return this.#keys.count
  }

  /** No key is before this author time, in µs. */
  get floor(): number {
    return this.#floor
  }

  /** Bytes of all keys and symbols; the rest is below 1 % of it. */
  get byteLength(): number {
    return (this.#keys.blocks.length + this.#removed.length) * 512 * 24 + (this.#sketch?.words.byteLength ?? 0)
  }

  /** Whether the sketch holds exactly the keys: false after `load`, and after `raiseFloor` over many keys. */
  get built(): boolean {
    return this.#unbuilt === undefined && this.#removed.length === 0
  }

  /**
   * Adds a key; false if it was there or is below the floor. `time` is 0 to 2^53 − 2, `id` has 16 bytes or more, of
   * which the first 16 count. About 1.5 µs.
   */
  add(time: number, id: Uint8Array): boolean {
    checkKey(time, id)
    const w0 = wordAt(id, 0)
    const w1 = wordAt(id, 4)
    const w2 = wordAt(id, 8)
    const w3 = wordAt(id, 12)
    if (time < this.#floor || !this.#keys.insert(time, w0, w1, w2, w3)) return false
    if (this.#sketch === undefined) {
      if (this.#keys.count > smallKeysMax) this.#begin()
    } else if (this.#isInSketch(time, w0, w1, w2, w3)) this.#sketch.apply(1, time, w0, w1, w2, w3)
    return true
  }

  /** Takes a key out, as for a damaged record; false if it was not there. */
  delete(time: number, id: Uint8Array): boolean {
    checkKey(time, id)
    const w0 = wordAt(id, 0)
    const w1 = wordAt(id, 4)
    const w2 = wordAt(id, 8)
    const w3 = wordAt(id, 12)
    if (!this.#keys.delete(time, w0, w1, w2, w3)) return false
    if (this.#isInSketch(time, w0, w1, w2, w3)) this.#sketch?.apply(-1, time, w0, w1, w2, w3)
    return true
  }

  has(time: number, id: Uint8Array, at = 0): boolean {
    return this.#keys.has(time, wordAt(id, at), wordAt(id, at + 4), wordAt(id, at + 8), wordAt(id, at + 12))
  }

  /**
   * Keys whose id begins with `prefix`, 1 to 16 bytes, in order, at most `max`. Looks at every key: about 5 ms for a
   * million. For people; nothing that a peer sends should lead here.
   */
  find(prefix: Uint8Array, max: number): KeyList {
    const found = new KeyList()
    const id = new Uint8Array(keyIdSize)
    const word = wordAt(prefix, 0)
    const mask = prefix.length >= 4 ? -1 : -1 << (32 - prefix.length * 8)
    for (const block of this.#keys.blocks) {
      for (let index = 0; index < block.count; index++) {
        if (((block.words[index * 4]! ^ word) & mask) !== 0) continue
        block.readId(index, id)
        if (!prefix.every((byte, at) => at >= keyIdSize || id[at] === byte)) continue
        found.push(block.times[index]!, id)
        if (found.length >= max) return found
      }
    }
    return found
  }

  /**
   * Drops every key before a time and lets none in again; returns how many there were. Never lowers the floor. After
   * more than 1,024 keys the sketch needs `buildSome`.
   */
  raiseFloor(time: number): number {
    if (!(time > this.#floor)) return 0
    this.#floor = time
    const before = this.#keys.count
    const blocks = this.#keys.cutBefore(time)
    const removed = before - this.#keys.count
    if (removed <= removedAtOnceMax) {
      for (const block of blocks) this.#subtract(block)
    } else if (removed > this.#keys.count || (this.#unbuilt !== undefined && this.#unbuilt.time <= time)) {
      this.#sketch?.clear()
      this.#removed = []
      this.#unbuilt = { time: 0, w0: 0, w1: 0, w2: 0, w3: 0 }
    } else {
      this.#removed.push(...blocks)
    }
    return removed
  }

  /**
   * Adds many keys, in ascending order without repeats and all after those held, as from a query ordered by time and id:
   * 1,000,000 take about 0.25 s, to be given in calls of 20,000 or so. The sketch then needs `buildSome`. Throws `argument` at the
   * first key out of order; those before it stay.
   */
  load(keys: KeyList): void {
    const { ids } = keys
    if (keys.length > 0) this.#begin()
    for (let index = 0; index < keys.length; index++) {
      const time = keys.time(index)
      const at = index * keyIdSize
      const w0 = wordAt(ids, at)
      const w1 = wordAt(ids, at + 4)
      const w2 = wordAt(ids, at + 8)
      const w3 = wordAt(ids, at + 12)
      const last = this.#keys.blocks.at(-1)
      if (time < this.#floor || (last !== undefined && last.compare(last.count - 1, time, w0, w1, w2, w3) >= 0)) {
        throw argumentError('keys', 'in ascending order, after those held', `key ${index}`)
      }
      this.#unbuilt ??= { time, w0, w1, w2, w3 }
      this.#keys.append(time, w0, w1, w2, w3)
    }
  }

  /**
   * Brings the sketch on by at most `keysMax` keys, about 1 µs each (5,000 take 5 ms); true when it holds exactly the keys. Until then
   * sessions do without it.
   */
  buildSome(keysMax: number): boolean {
    let left = keysMax
    while (this.#removed.length > 0 && left > 0) {
      const block = this.#removed.pop()!
      this.#subtract(block)
      left -= block.count
    }
    if (this.#unbuilt === undefined || left <= 0) return this.built
    const { time, w0, w1, w2, w3 } = this.#unbuilt
    let { block: at, index } = this.#keys.place(time, w0, w1, w2, w3)
    for (; at < this.#keys.blocks.length; at++, index = 0) {
      const block = this.#keys.blocks[at]!
      for (; index < block.count; index++, left--) {
        const word = index * 4
        const { times, words } = block
        if (left <= 0) {
          const [v0, v1, v2, v3] = words.subarray(word, word + 4)
          this.#unbuilt = { time: times[index]!, w0: v0!, w1: v1!, w2: v2!, w3: v3! }
          return false
        }
        this.#begin().apply(1, times[index]!, words[word]!, words[word + 1]!, words[word + 2]!, words[word + 3]!)
      }
    }
    this.#unbuilt = undefined
    return this.built
  }

  /** Count and sum over a range. At most 10 µs; the sum of many ranges costs little more than that of all. */
  summary(range: KeyRange): RangeSummary {
    return summaryOf(this.#keys, range)
  }

  /** The keys of a range in order, at most `max`. About 0.1 µs a key. */
  keys(range: KeyRange, max: number): KeyList {
    return keysOf(this.#keys, range, max)
  }

  /**
   * The range cut into parts, without gaps and in order, none empty: the n-th cut has `ranks[n]` keys before it.
   * `ranks` ascend; those that are no more than 0 or no less than the count make no cut. No parts if there are no keys.
   */
  parts(range: KeyRange, ranks: readonly number[]): Part[] {
    return partsOf(this.#keys, range, ranks)
  }

  /**
   * A copy of the sketch for the keys of a range only; undefined if it is not built, or if more than 4,096 keys are on
   * either side of the line. At most 4 ms, and 0.6 MB for the caller, unless the keys are few.
   */
  rangeSketch(range: KeyRange): SymbolSource | undefined {
    if (!this.built) return undefined
    const { count } = this.summary(range)
    if (count <= smallKeysMax) return new SmallSketch(this.#hashKey, this.keys(range, count))
    const outside = this.#keys.count - count
    if (outside > adjustedKeysMax && count > adjustedKeysMax) return undefined
    if (count <= outside) {
      const sketch = new Sketch(this.#hashKey)
      sketch.applyKeys(1, this.keys(range, count))
      return sketch
    }
    const sketch = this.#begin().copy()
    sketch.applyKeys(-1, this.keys({ from: firstBound, to: range.from }, outside))
    sketch.applyKeys(-1, this.keys({ from: range.to, to: lastBound }, outside))
    return sketch
  }

  /** The sketch of all keys, made of those that are there if there is none. */
  #begin(): Sketch {
    if (this.#sketch !== undefined) return this.#sketch
    const sketch = new Sketch(this.#hashKey)
    for (const { count, times, words } of this.#keys.blocks) {
      for (let index = 0; index < count; index++) {
        const at = index * 4
        sketch.apply(1, times[index]!, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
      }
    }
    return (this.#sketch = sketch)
  }

  #isInSketch(time: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const end = this.#unbuilt
    if (end === undefined) return true
    if (time !== end.time) return time < end.time
    if (w0 !== end.w0) return w0 < end.w0
    if (w1 !== end.w1) return w1 < end.w1
    if (w2 !== end.w2) return w2 < end.w2
    return w3 < end.w3
  }

  #subtract(block: Block): void {
    const { times, words } = block
    for (let index = 0; index < block.count; index++) {
      const at = index * 4
      const [w0, w1, w2, w3] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!]
      if (this.#isInSketch(times[index]!, w0, w1, w2, w3)) this.#sketch?.apply(-1, times[index]!, w0, w1, w2, w3)
    }
  }
}

function checkKey(time: number, id: Uint8Array): void {
  if (!Number.isSafeInteger(time) || time < 0 || time === Number.MAX_SAFE_INTEGER) {
    throw argumentError('time', 'an integer of 0 to 2^53 - 2', time)
  }
  if (id.length < keyIdSize) throw argumentError('id', 'at least 16 bytes', `${id.length} bytes`)
}
