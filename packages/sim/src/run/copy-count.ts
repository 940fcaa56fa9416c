/** How often each node got each envelope. */
export class CopyCount {
  readonly #nodes: number
  /** By the bytes of the envelope, which go from node to node as one object. */
  readonly #counts = new Map<Uint8Array, { readonly publisher: number; readonly copies: Uint8Array }>()

  constructor(nodes: number) {
    this.#nodes = nodes
  }

  /** An honest node publishes an envelope; only these are counted. */
  published(bytes: Uint8Array, node: number): void {
    this.#counts.set(bytes, { publisher: node, copies: new Uint8Array(this.#nodes) })
  }

  /** A copy came to a node. */
  came(bytes: Uint8Array, node: number): void {
    const copies = this.#counts.get(bytes)?.copies
    if (copies !== undefined && copies[node]! < 255) copies[node]!++
  }

  /** Nodes and envelopes by number of copies, the publishers of each left out. */
  get histogram(): readonly (readonly [copies: number, count: number])[] {
    const sums = new Map<number, number>()
    for (const { publisher, copies } of this.#counts.values())
      for (const [node, count] of copies.entries()) if (node !== publisher) sums.set(count, (sums.get(count) ?? 0) + 1)
    return [...sums].toSorted(([a], [b]) => a - b)
  }
}
