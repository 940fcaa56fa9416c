const newline = 0x0a

/** Cuts a stream of bytes into lines, without their `\n`. Holds at most `bytesMax` bytes of an unfinished line. */
export class LineSplitter {
  readonly #bytesMax: number
  #parts: Buffer[] = []
  #length = 0
  #skipping = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /**
   * The lines that end in this chunk; `undefined` stands for one longer than `bytesMax`. A line is a view of the chunk
   * where it can be: read it before the chunk is changed.
   */
  *push(chunk: Buffer): Generator<Buffer | undefined, void, undefined> {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield this.#take(chunk.subarray(start, end))
      start = end + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** The last line, if the stream did not end with `\n`. */
  *end(): Generator<Buffer | undefined, void, undefined> {
    if (this.#length > 0 || this.#skipping) yield this.#take(Buffer.alloc(0))
  }

  #hold(part: Buffer): void {
    if (this.#skipping) return
    this.#length += part.length
    if (this.#length <= this.#bytesMax) {
      this.#parts.push(part)
      return
    }
    this.#skipping = true
    this.#clear()
  }

  #take(tail: Buffer): Buffer | undefined {
    if (this.#length === 0 && !this.#skipping) return tail.length <= this.#bytesMax ? tail : undefined
    this.#hold(tail)
    if (this.#skipping) {
      this.#skipping = false
      return undefined
    }
    const line = Buffer.concat(this.#parts, this.#length)
    this.#clear()
    return line
  }

  #clear(): void {
    this.#parts = []
    this.#length = 0
  }
}
