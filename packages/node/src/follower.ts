import type { GapView } from '@grapevine/protocol/control'

/** Items that wait for a slow reader at most; the rest become a gap. */
const itemsMax = 1_000

/** Items as they come. A reader that is too slow gets a gap in place of what it missed. */
export class Follower<Item> implements AsyncIterable<Item | GapView> {
  readonly #onClose: () => void
  #waiting: Item[]
  #missed = 0
  #isClosed = false
  #wake: (() => void) | undefined

  /** `first`: items from before. */
  constructor(first: readonly Item[], onClose: () => void) {
    this.#waiting = [...first]
    this.#onClose = onClose
  }

  take(item: Item): void {
    if (this.#waiting.length >= itemsMax) this.#missed++
    else this.#waiting.push(item)
    this.#wake?.()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item | GapView, void, undefined> {
    try {
      for (;;) {
        const items = this.#waiting
        const missed = this.#missed
        this.#waiting = []
        this.#missed = 0
        yield* items
        if (missed > 0) yield { gap: { missed } }
        if (this.#waiting.length > 0) continue
        if (this.#isClosed) return
        await new Promise<void>((resolve) => (this.#wake = resolve))
        this.#wake = undefined
      }
    } finally {
      this.close()
    }
  }
}
