/** Events in a chunk; an event is two words. */
const chunkEvents = 512
const chunkWords = chunkEvents * 2

/**
 * Events by the ms in which they happen, in the order in which they were put in. A ring of buckets instead of a heap: to
 * put in and take out costs the same however many events there are, and memory is read in order. Event words are signed.
 */
export class BucketQueue {
  readonly #mask: number
  readonly #heads: Int32Array
  readonly #tails: Int32Array
  readonly #chunks: Int32Array[] = []
  /** The chunk behind each in its bucket, or among the free ones. */
  readonly #next: number[] = []
  /** Words in each. */
  readonly #fill: number[] = []
  #free = -1
  #size = 0
  #taken = 0

  /** For events less than `spanMs` ahead. */
  constructor(spanMs: number) {
    const slots = 2 ** Math.ceil(Math.log2(spanMs + 1))
    this.#mask = slots - 1
    this.#heads = new Int32Array(slots).fill(-1)
    this.#tails = new Int32Array(slots).fill(-1)
  }

  /** Events that wait. */
  get size(): number {
    return this.#size
  }

  /** Memory of all chunks that were ever needed at once, in bytes. */
  get bytes(): number {
    return this.#chunks.length * chunkWords * 4 + this.#heads.byteLength * 2
  }

  /** Puts an event into the bucket of `time`, which is later than the bucket that is being drained. */
  push(time: number, first: number, second: number): void {
    const slot = time & this.#mask
    let chunk = this.#tails[slot]!
    if (chunk < 0 || this.#fill[chunk] === chunkWords) chunk = this.#extend(slot, chunk)
    const at = this.#fill[chunk]!
    const words = this.#chunks[chunk]!
    words[at] = first
    words[at + 1] = second
    this.#fill[chunk] = at + 2
    this.#size++
  }

  /** Takes out all events of this time, in order; how many there were. */
  drain(time: number, take: (first: number, second: number) => void): number {
    const before = this.#taken
    const slot = time & this.#mask
    let chunk = this.#heads[slot]!
    this.#heads[slot] = -1
    this.#tails[slot] = -1
    while (chunk >= 0) {
      const words = this.#chunks[chunk]!
      const end = this.#fill[chunk]!
      this.#size -= end >> 1
      this.#taken += end >> 1
      for (let at = 0; at < end; at += 2) take(words[at]!, words[at + 1]!)
      const next = this.#next[chunk]!
      this.#fill[chunk] = 0
      this.#next[chunk] = this.#free
      this.#free = chunk
      chunk = next
    }
    return this.#taken - before
  }

  #extend(slot: number, tail: number): number {
    let chunk = this.#free
    if (chunk >= 0) this.#free = this.#next[chunk]!
    else {
      chunk = this.#chunks.length
      this.#chunks.push(new Int32Array(chunkWords))
      this.#fill.push(0)
    }
    this.#next[chunk] = -1
    if (tail < 0) this.#heads[slot] = chunk
    else this.#next[tail] = chunk
    this.#tails[slot] = chunk
    return chunk
  }
}
