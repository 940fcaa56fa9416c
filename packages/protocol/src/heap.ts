/** What a {@link Heap} holds. An item is in one heap at a time. */
export interface Placed {
  /** Where it is in its heap; -1 while it is in none. The heap's own. */
  place: number
}

/**
 * A binary heap whose items know their places, so that one in the middle moves or leaves in O(log n) when what it is ordered by has
 * changed. `isBefore` must be a strict order.
 */
export class Heap<T extends Placed> {
  readonly #items: T[] = []
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  /** The item before all others. */
  get first(): T | undefined {
    return this.#items[0]
  }

  /** Puts an item in, or to its new place if it is in. */
  set(item: T): void {
    if (item.place < 0) {
      item.place = this.#items.length
      this.#items.push(item)
    }
    this.#down(item, this.#up(item))
  }

  /** Takes an item out, if it is in. */
  delete(item: T): void {
    const { place } = item
    if (place < 0) return
    item.place = -1
    const last = this.#items.pop()!
    if (last === item) return
    last.place = place
    this.#items[place] = last
    this.#down(last, this.#up(last))
  }

  /** After what all items are ordered by has changed. */
  reorder(): void {
    for (let place = (this.#items.length >> 1) - 1; place >= 0; place--) this.#down(this.#items[place]!, place)
  }

  /** All items, in no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values()
  }

  #up(item: T): number {
    let { place } = item
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = this.#items[above]!
      if (!this.#isBefore(item, other)) break
      this.#items[place] = other
      other.place = place
      place = above
    }
    this.#items[place] = item
    item.place = place
    return place
  }

  #down(item: T, from: number): void {
    const items = this.#items
    let place = from
    for (;;) {
      let below = 2 * place + 1
      if (below >= items.length) break
      if (below + 1 < items.length && this.#isBefore(items[below + 1]!, items[below]!)) below++
      const other = items[below]!
      if (!this.#isBefore(other, item)) break
      items[place] = other
      other.place = place
      place = below
    }
    items[place] = item
    item.place = place
  }
}
