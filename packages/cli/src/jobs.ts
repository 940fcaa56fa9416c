/** Work of which so much is done at a time. */
export class Jobs {
  readonly #countMax: number
  readonly #running = new Set<Promise<void>>()

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** Resolves once the work has begun: whoever waits for it takes no more than can be done. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#countMax) await Promise.race(this.#running)
    const run = work().finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  /** Resolves once all work is done. */
  async finish(): Promise<void> {
    await Promise.all(this.#running)
  }
}
