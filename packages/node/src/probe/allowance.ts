/** What one asker may have done in a row, and so much more a second. */
export interface AllowanceOptions {
  readonly most: number
  readonly perSecond: number
  /** Askers that are counted; who is not heard for longest begins anew. */
  readonly askersMax: number
}

/** Bounds what each of many may ask for. Times in ms, from any clock that does not go back. */
export class Allowance {
  readonly #options: AllowanceOptions
  readonly #counts = new Map<string, { readonly left: number; readonly at: number }>()

  constructor(options: AllowanceOptions) {
    this.#options = options
  }

  /** False if the asker has had enough. */
  take(asker: string, now: number): boolean {
    const { most, perSecond, askersMax } = this.#options
    const { left, at } = this.#counts.get(asker) ?? { left: most, at: now }
    const allowed = Math.min(most, left + ((now - at) / 1000) * perSecond)
    const isAllowed = allowed >= 1
    this.#counts.delete(asker)
    if (this.#counts.size >= askersMax) this.#counts.delete(this.#counts.keys().next().value!)
    this.#counts.set(asker, { left: isAllowed ? allowed - 1 : allowed, at: now })
    return isAllowed
  }
}
