import type { Writable } from 'node:stream'

/** Text gathers up to this many characters before it is written, unless the event loop turns first. */
const charactersMax = 65_536

/**
 * Writes many small pieces of text to a stream as few large ones: what is written in one turn of the event loop goes
 * out together. Holds at most 64 Ki characters and one piece beyond what the stream holds, if the caller heeds `full`.
 */
export class TextWriter {
  readonly #stream: Writable
  #text = ''
  #scheduled = false

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /** Whether the caller is to await {@link room} before it writes more. */
  get full(): boolean {
    return this.#stream.writableNeedDrain
  }

  /** Takes text for the stream; after the stream's end or failure it goes nowhere. */
  write(text: string): void {
    this.#text += text
    if (this.#text.length >= charactersMax) return this.flush()
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /** Hands what has gathered to the stream. */
  flush(): void {
    const text = this.#text
    this.#text = ''
    if (text !== '' && !this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.write(text)
  }

  /** Ends the stream after what has gathered. */
  end(): void {
    this.flush()
    if (!this.#stream.destroyed) this.#stream.end()
  }

  /** Resolves once the stream takes more, or is closed. */
  async room(): Promise<void> {
    const stream = this.#stream
    if (!stream.writableNeedDrain || stream.destroyed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off('drain', done)
        stream.off('close', done)
        resolve()
      }
      stream.on('drain', done)
      stream.on('close', done)
    })
  }
}
