interface Entry<Item> {
  readonly at: number
  readonly order: number
  readonly item: Item
}

/** What is to happen, by time; what is due at the same time comes out in the order in which it went in. A binary heap. */
export class EventQueue<Item> {
  readonly #heap: Entry<Item>[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the first item is due. */
  get firstAt(): number | undefined {
    return this.#heap[0]?.at
  }

  push(at: number, item: Item): void {
    const heap = this.#heap
    const entry: Entry<Item> = { at, order: this.#order++, item }
    let hole = heap.length
    heap.push(entry)
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[hole] = heap[parent]!
      hole = parent
    }
    heap[hole] = entry
  }

  /** Takes the first item out; undefined if there is none. */
  pop(): { readonly at: number; readonly item: Item } | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[hole] = heap[child]!
      hole = child
    }
    heap[hole] = last
    return first
  }
}

const isBefore = (a: Entry<unknown>, b: Entry<unknown>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
