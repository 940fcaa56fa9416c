import type { RelayEvent } from './relay-order.ts'

/** What is to arrive at every node. */
export interface Expected {
  readonly nodes: number
  /** Message ids of the block's parts, hex. */
  readonly block: ReadonlySet<string>
  /** The block's hash in display order, hex. */
  readonly hash: string
  /** Small messages of all nodes together. */
  readonly load: number
}

/** What one node said so far; times in ms on the shared clock. */
export interface NodeTally {
  /** When each part of the block was delivered, by message id. */
  readonly deliveredAt: ReadonlyMap<string, number>
  /** When it had put the block together and found the root right. */
  readonly assembledAt?: number
  readonly load: { readonly count: number; readonly at: number }
}

/** Keeps what the nodes tell while they work, and knows what is missing. */
export class Tally {
  readonly expected: Expected
  readonly #nodes: { deliveredAt: Map<string, number>; assembledAt?: number; load: { count: number; at: number } }[]
  #waiting: { isMet: () => boolean; onChange: () => void; resolve: () => void }[] = []

  constructor(expected: Expected) {
    this.expected = expected
    this.#nodes = Array.from({ length: expected.nodes }, () => ({ deliveredAt: new Map(), load: { count: 0, at: 0 } }))
  }

  get nodes(): readonly NodeTally[] {
    return this.#nodes
  }

  /** Deliveries of the block's parts so far, over all nodes. */
  get delivered(): number {
    return this.#nodes.reduce((sum, { deliveredAt }) => sum + deliveredAt.size, 0)
  }

  /** What `delivered` has to reach. */
  get deliveredMax(): number {
    return this.expected.nodes * this.expected.block.size
  }

  /** Deliveries of small messages that were told so far, over all nodes. */
  get loaded(): number {
    return this.#nodes.reduce((sum, { load }) => sum + load.count, 0)
  }

  get isBlockComplete(): boolean {
    return this.delivered === this.deliveredMax && this.#nodes.every(({ assembledAt }) => assembledAt !== undefined)
  }

  get isLoadComplete(): boolean {
    return this.#nodes.every(({ load }) => load.count === this.expected.load)
  }

  /** Takes an event of a node, counted from 0. What was not published as part of the block does not count. */
  record(index: number, event: RelayEvent): void {
    const node = this.#nodes[index]!
    if (event.type === 'loaded') node.load = event
    else if (event.type === 'assembled') {
      if (event.hash === this.expected.hash) node.assembledAt = event.at
    } else if (this.expected.block.has(event.id) && !node.deliveredAt.has(event.id)) {
      node.deliveredAt.set(event.id, event.at)
    }
    for (const { onChange } of this.#waiting) onChange()
    const met = this.#waiting.filter(({ isMet }) => isMet())
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting))
    for (const { resolve } of met) resolve()
  }

  /** Resolves once a condition on this tally holds; until then calls `onChange` after each event. */
  until(isMet: () => boolean, onChange: () => void): Promise<void> {
    onChange()
    if (isMet()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ isMet, onChange, resolve }))
  }

  /** A line for each node and kind of thing that has not arrived, for people. */
  missing(): string[] {
    const { block, load } = this.expected
    return this.#nodes.flatMap(({ deliveredAt, assembledAt, load: { count } }, index) => {
      const name = `node ${index + 1}`
      const lacking = [...block].filter((id) => !deliveredAt.has(id))
      return [
        ...(lacking.length > 0
          ? [`${name} lacks ${lacking.length} of the block's ${block.size} messages, e.g. ${lacking[0]}`]
          : []),
        ...(lacking.length === 0 && assembledAt === undefined
          ? [`${name} has every part, but the block does not verify`]
          : []),
        ...(count < load
          ? [`${name} got ${count.toLocaleString('en')} of the ${load.toLocaleString('en')} small messages`]
          : []),
      ]
    })
  }
}
