import type { GapView, Message } from '@grapevine/protocol'

/** Payload bytes waiting for a slow reader before it misses messages. */
const queueBytesMax = 16 << 20
/** What a waiting message costs beside its payload. */
const entryBytes = 300

/**
 * One live reader. Takes messages without ever blocking who delivers them; beyond its bound it drops the newest, counts
 * them, and tells the reader with a gap in their place.
 */
export class Reader implements AsyncIterable<Message | GapView> {
  readonly #onClose: () => void
  readonly #queue: { item: Message | GapView; bytes: number; number: number }[] = []
  #head = 0
  #bytes = 0
  #missed = 0
  #missedLast = 0
  #position: number
  #isClosed = false
  #wake: (() => void) | undefined

  /** `position`: the number of the last message before it. */
  constructor(onClose: () => void, position = 0) {
    this.#onClose = onClose
    this.#position = position
  }

  /** Number of the message that was taken last; of a gap, that of the last one missed. */
  get position(): number {
    return this.#position
  }

  /** A gap of unknown size, up to a number. */
  skipTo(number: number): void {
    this.#queue.push({ item: { gap: {} }, bytes: 0, number })
  }

  push(message: Message, number = 0): void {
    if (this.#isClosed) return
    const bytes = entryBytes + message.payload.length
    if (this.#bytes + bytes > queueBytesMax) {
      this.#missed++
      this.#missedLast = number
      return
    }
    this.#flushGap()
    this.#queue.push({ item: message, bytes, number })
    this.#bytes += bytes
    this.#wake?.()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message | GapView, void, void> {
    try {
      for (;;) {
        const next = this.#take()
        if (next !== undefined) {
          yield next
          continue
        }
        if (this.#isClosed) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    } finally {
      this.close()
    }
  }

  #take(): Message | GapView | undefined {
    if (this.#head === this.#queue.length) this.#flushGap()
    const entry = this.#queue[this.#head]
    if (entry === undefined) return undefined
    this.#head++
    this.#bytes -= entry.bytes
    this.#position = entry.number
    if (this.#head === this.#queue.length || this.#head >= 1024) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    return entry.item
  }

  #flushGap(): void {
    if (this.#missed === 0) return
    this.#queue.push({ item: { gap: { missed: this.#missed } }, bytes: 0, number: this.#missedLast })
    this.#missed = 0
  }
}
