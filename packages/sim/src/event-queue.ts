/** What is to happen, by time; what is due at the same time comes out in the order in which it went in. A binary heap. */
export class EventQueue<Item> {
  /** The heap: times, beside them how many were put in before, and items. */
  #times = new Float64Array(4)
  #orders = new Float64Array(4)
  readonly #items: Item[] = []
  #order = 0

  get size(): number {
    return this.#items.length
  }

  /** When the first item is due. */
  get firstAt(): number | undefined {
    return this.#items.length === 0 ? undefined : this.#times[0]
  }

  push(at: number, item: Item): void {
    const items = this.#items
    if (items.length === this.#times.length) this.#grow()
    const times = this.#times
    const orders = this.#orders
    let hole = items.length
    items.push(item)
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      // Of equals the one that is in the heap came first.
      if (times[parent]! <= at) break
      times[hole] = times[parent]!
      orders[hole] = orders[parent]!
      items[hole] = items[parent]!
      hole = parent
    }
    times[hole] = at
    orders[hole] = this.#order++
    items[hole] = item
  }

  /** Takes the first item out with its time; undefined if there is none. */
  pop(): { readonly at: number; readonly item: Item } | undefined {
    const at = this.firstAt
    return at === undefined ? undefined : { at, item: this.take()! }
  }

  /** Takes the first item out, without its time, which is {@link firstAt}; undefined if there is none. */
  take(): Item | undefined {
    const items = this.#items
    const last = items.pop()
    if (last === undefined) return undefined
    const times = this.#times
    const orders = this.#orders
    const size = items.length
    if (size === 0) return last
    const item = items[0]!
    const lastAt = times[size]!
    const lastOrder = orders[size]!
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= size) break
      const next = child + 1
      if (next < size) {
        const one = times[child]!
        const other = times[next]!
        if (other < one || (other === one && orders[next]! < orders[child]!)) child = next
      }
      const childAt = times[child]!
      if (childAt > lastAt || (childAt === lastAt && orders[child]! > lastOrder)) break
      times[hole] = childAt
      orders[hole] = orders[child]!
      items[hole] = items[child]!
      hole = child
    }
    times[hole] = lastAt
    orders[hole] = lastOrder
    items[hole] = last
    return item
  }

  #grow(): void {
    const [times, orders] = [this.#times, this.#orders]
    this.#times = new Float64Array(2 * times.length)
    this.#orders = new Float64Array(2 * orders.length)
    this.#times.set(times)
    this.#orders.set(orders)
  }
}
