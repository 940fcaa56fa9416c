import { putWord } from './key.ts'

/** Keys in a full block: 12 KiB. More make inserts slower, fewer make everything that passes over blocks slower. */
export const blockKeysMax = 512

/** Up to 512 keys in order, in flat memory, with the sums of their ids. */
export class Block {
  /** 24 bytes a key: times, then the words of the ids. */
  readonly times: Float64Array
  /** Four big-endian words a key. */
  readonly words: Uint32Array
  /** The four words of all ids, each summed modulo 2^32. */
  readonly sums: Uint32Array = new Uint32Array(4)
  count = 0

  constructor() {
    const bytes = new ArrayBuffer(blockKeysMax * 24)
    this.times = new Float64Array(bytes, 0, blockKeysMax)
    this.words = new Uint32Array(bytes, blockKeysMax * 8)
  }

  /** Negative, 0 or positive: the key at `index` compared with the one given. */
  compare(index: number, time: number, w0: number, w1: number, w2: number, w3: number): number {
    const order = this.times[index]! - time
    if (order !== 0) return order
    const { words } = this
    const at = index * 4
    if (words[at]! !== w0) return words[at]! - w0
    if (words[at + 1]! !== w1) return words[at + 1]! - w1
    if (words[at + 2]! !== w2) return words[at + 2]! - w2
    return words[at + 3]! - w3
  }

  /** How many keys lie before the one given. */
  rank(time: number, w0: number, w1: number, w2: number, w3: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.compare(middle, time, w0, w1, w2, w3) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Puts a key at its place; there must be room. */
  insert(index: number, time: number, w0: number, w1: number, w2: number, w3: number): void {
    const { times, words, sums, count } = this
    times.copyWithin(index + 1, index, count)
    words.copyWithin((index + 1) * 4, index * 4, count * 4)
    const at = index * 4
    times[index] = time
    words[at] = w0
    words[at + 1] = w1
    words[at + 2] = w2
    words[at + 3] = w3
    sums[0] = sums[0]! + w0
    sums[1] = sums[1]! + w1
    sums[2] = sums[2]! + w2
    sums[3] = sums[3]! + w3
    this.count++
  }

  /** Takes out the keys from index `from`, included, to `to`, excluded. */
  remove(from: number, to: number): void {
    this.#sum(from, to, -1)
    this.times.copyWithin(from, to, this.count)
    this.words.copyWithin(from * 4, to * 4, this.count * 4)
    this.count -= to - from
  }

  /** Moves the first keys of the block after this one, `following`, to the end of this one; there must be room. */
  takeFirst(following: Block, count: number): void {
    this.times.set(following.times.subarray(0, count), this.count)
    this.words.set(following.words.subarray(0, count * 4), this.count * 4)
    this.count += count
    this.#sum(this.count - count, this.count, 1)
    following.remove(0, count)
  }

  /** Moves the last keys of the block before this one, `previous`, to the front of this one; there must be room. */
  takeLast(previous: Block, count: number): void {
    this.times.copyWithin(count, 0, this.count)
    this.words.copyWithin(count * 4, 0, this.count * 4)
    this.times.set(previous.times.subarray(previous.count - count, previous.count))
    this.words.set(previous.words.subarray((previous.count - count) * 4, previous.count * 4))
    this.count += count
    this.#sum(0, count, 1)
    previous.remove(previous.count - count, previous.count)
  }

  /** Adds the ids of the keys from index `from`, included, to `to`, excluded, to four sums. */
  addSums(sums: Uint32Array, from: number, to: number): void {
    const { words } = this
    for (let at = from * 4; at < to * 4; at += 4) {
      sums[0] = sums[0]! + words[at]!
      sums[1] = sums[1]! + words[at + 1]!
      sums[2] = sums[2]! + words[at + 2]!
      sums[3] = sums[3]! + words[at + 3]!
    }
  }

  /** Writes the 16 bytes of an id. */
  readId(index: number, id: Uint8Array): void {
    for (let word = 0; word < 4; word++) putWord(id, word * 4, this.words[index * 4 + word]!)
  }

  #sum(from: number, to: number, sign: 1 | -1): void {
    const { words, sums } = this
    for (let at = from * 4; at < to * 4; at++) sums[at & 3] = sums[at & 3]! + sign * words[at]!
  }
}
