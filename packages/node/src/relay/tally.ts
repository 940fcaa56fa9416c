/** Names of counters and gauges at most: a relay may make them from what peers say. */
const namesMax = 256
/** Longest text of a gauge. */
const textMax = 200

/** What a relay counts. */
export class Tally {
  readonly #counters = new Map<string, number>()
  readonly #gauges = new Map<string, number | string>()

  count(name: string, by = 1): void {
    if (!this.#counters.has(name) && this.#counters.size >= namesMax) return
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }

  gauge(name: string, value: number | string): void {
    if (!this.#gauges.has(name) && this.#gauges.size >= namesMax) return
    this.#gauges.set(name, typeof value === 'string' ? value.slice(0, textMax) : value)
  }

  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counters)
  }

  get gauges(): Readonly<Record<string, number | string>> {
    return Object.fromEntries(this.#gauges)
  }
}
