/** What saying goodbye needs. */
export interface LeavingOptions {
  /** With whom we are connected. */
  readonly links: readonly string[]
  /** Opens exchanges with these peers. */
  readonly exchange: (peers: readonly string[]) => void
}

/** So many hear it from ourselves, and tell the others. */
const toldMax = 4
/** A link that does not answer in this time is given up, in ms. */
const giveUpMs = 1_000

/**
 * That this node leaves, told to some of those that it is connected to. Two exchanges with each: in the first it is asked
 * for and sent; that the second is answered says that it came, because frames of a stream stay in order.
 */
export class Leaving {
  readonly #options: LeavingOptions
  readonly #left = new Map<string, number>()
  readonly #over = Promise.withResolvers<void>()

  constructor(options: LeavingOptions) {
    this.#options = options
  }

  /** To be called once what is to be told is signed. */
  async told(): Promise<void> {
    const { links, exchange } = this.#options
    for (const peer of links.toSorted(() => Math.random() - 0.5).slice(0, toldMax)) this.#left.set(peer, 2)
    if (this.#left.size === 0) return
    exchange([...this.#left.keys()])
    const timer = setTimeout(() => this.#over.resolve(), giveUpMs)
    await this.#over.promise
    clearTimeout(timer)
  }

  exchanged(peer: string, isAnswered: boolean): void {
    const left = this.#left.get(peer)
    if (left === undefined) return
    if (isAnswered && left > 1) {
      this.#left.set(peer, left - 1)
      // After the frame that this answer calls for.
      return queueMicrotask(() => this.#options.exchange([peer]))
    }
    this.#left.delete(peer)
    if (this.#left.size === 0) this.#over.resolve()
  }
}
