/** Items for one reader, in order, until they end; what it leaves waiting is bounded by their sizes. */
export class ItemQueue<Item> implements AsyncIterable<Item> {
  readonly #sizeMax: number
  readonly #items: { readonly item: Item; readonly size: number }[] = []
  #size = 0
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  /** False if there is no room for it, or nobody reads any more. */
  push(item: Item, size: number): boolean {
    if (this.#isEnded || this.#size + size > this.#sizeMax) return false
    this.#items.push({ item, size })
    this.#size += size
    this.#wake?.()
    return true
  }

  /** The reader gets what is there, and then the end. */
  end(last?: Item): void {
    if (this.#isEnded) return
    if (last !== undefined) this.#items.push({ item: last, size: 0 })
    this.#isEnded = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    try {
      for (;;) {
        const next = this.#items.shift()
        if (next !== undefined) {
          this.#size -= next.size
          yield next.item
        } else if (this.#isEnded) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      this.#isEnded = true
    }
  }
}
