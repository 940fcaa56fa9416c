import type { Routed } from './routed.ts'

/** Ids that are remembered. */
const idsMax = 65_536

/**
 * Tells what a router published itself from what others did, so that a stream in both directions does not carry messages
 * back. In memory: after a crash one may be carried back once.
 */
export class Echo {
  readonly #peerId: string
  readonly #ids = new Set<string>()
  readonly #waiters = new Set<() => void>()
  readonly #pending: () => number

  /** `pending`: messages whose ids are not known yet. */
  constructor(peerId: string, pending: () => number) {
    this.#peerId = peerId
    this.#pending = pending
  }

  published(id: string): void {
    this.#ids.add(id)
    if (this.#ids.size > idsMax) this.#ids.delete(this.#ids.values().next().value!)
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }

  async has({ about: { id = '', author } }: Routed): Promise<boolean> {
    if (author !== this.#peerId) return false
    // It may be back before the node has said what its id is.
    while (!this.#ids.has(id) && this.#pending() > 0) await new Promise<void>((resolve) => this.#waiters.add(resolve))
    return this.#ids.has(id)
  }
}
