/** Ids of the best chain by height, from some height on. */
export class BestLine {
  #ids: string[] = []
  /** Ids at the beginning of the array that do not count any more: cutting each off at once would move all others. */
  #cut = 0
  #base: number

  /** `base`: the height of the first one. */
  constructor(base: number) {
    this.#base = base
  }

  /** The least height that is known. */
  get base(): number {
    return this.#base
  }

  /** One more than the greatest. */
  get end(): number {
    return this.#base + this.#ids.length - this.#cut
  }

  at(height: number): string | undefined {
    return height < this.#base ? undefined : this.#ids[height - this.#base + this.#cut]
  }

  /** Forgets all; the next one has this height. */
  restart(base: number): void {
    this.#ids = []
    this.#cut = 0
    this.#base = base
  }

  push(id: string): void {
    this.#ids.push(id)
  }

  /** Forgets this height and those above it. */
  cutFrom(height: number): void {
    this.#ids.length = Math.max(0, height - this.#base) + this.#cut
  }

  /** Forgets the first one, and returns it. */
  shift(): string | undefined {
    const id = this.#ids[this.#cut++]
    this.#base++
    if (2 * this.#cut > this.#ids.length) {
      this.#ids = this.#ids.slice(this.#cut)
      this.#cut = 0
    }
    return id
  }

  /**
   * Ids from the tip down: ten in a row, then ever farther apart, and the first one that is known. Another node finds with them where its
   * chain leaves ours.
   */
  locator(): string[] {
    const ids: string[] = []
    let step = 1
    for (let height = this.end - 1; height > this.#base; height -= step) {
      ids.push(this.at(height)!)
      if (ids.length >= 10) step *= 2
    }
    if (this.end > this.#base) ids.push(this.at(this.#base)!)
    return ids
  }
}
