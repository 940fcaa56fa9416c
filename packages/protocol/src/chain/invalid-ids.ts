/** Ids of blocks that are known to be invalid; the one that was named longest ago is forgotten first. */
export class InvalidIds {
  readonly #ids = new Set<string>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  add(id: string): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= this.#max) return
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest)
      break
    }
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#ids.values()
  }
}
