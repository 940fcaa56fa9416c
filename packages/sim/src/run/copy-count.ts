/** How often each node got each envelope. */
export class CopyCount {
  readonly #nodes: number
  /** By the bytes of the envelope, which go from node to node as one object. */
  readonly #counts = new Map<Uint8Array, Uint8Array>()

  constructor(nodes: number) {
    this.#nodes = nodes
  }

  /** An honest node publishes an envelope; only these are counted. */
  published(bytes: Uint8Array): void {
    this.#counts.set(bytes, new Uint8Array(this.#nodes))
  }

  /** A copy came to a node. */
  came(bytes: Uint8Array, node: number): void {
    const counts = this.#counts.get(bytes)
    if (counts !== undefined && counts[node]! < 255) counts[node]!++
  }

  /** Nodes and envelopes by number of copies, those of the publishers included. */
  get histogram(): readonly (readonly [copies: number, count: number])[] {
    const sums = new Map<number, number>()
    for (const counts of this.#counts.values())
      for (const copies of counts) sums.set(copies, (sums.get(copies) ?? 0) + 1)
    return [...sums].toSorted(([a], [b]) => a - b)
  }
}
