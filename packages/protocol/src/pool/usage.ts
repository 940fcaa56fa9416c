import { Heap, type Placed } from '../heap.ts'

/** How much there may be of what is counted by who brought it. */
export interface UsageBounds {
  readonly countMax: number
  readonly weightMax: number
}

/** What one peer takes up. */
export interface Usage<T> extends Placed {
  readonly peer: string
  count: number
  weight: number
  /** What it brought, oldest first. */
  readonly items: Map<T, { readonly count: number; readonly weight: number }>
}

/**
 * Who takes up how much of a bounded room. When it is full, the peer that takes up most makes way with its own: so whoever
 * takes less than its share, which is the room divided by the peers that are in it, loses nothing, whatever others do.
 */
export class UsageTable<T> {
  readonly #byPeer = new Map<string, Usage<T>>()
  readonly #heap: Heap<Usage<T>>

  constructor({ countMax, weightMax }: UsageBounds) {
    const part = (usage: Usage<T>): number => Math.max(usage.count / countMax, usage.weight / weightMax)
    this.#heap = new Heap((a, b) => {
      const difference = part(a) - part(b)
      return difference === 0 ? a.peer < b.peer : difference > 0
    })
  }

  /** The peer that takes up most: of count or weight, whichever is the larger part of its bound. */
  get heaviest(): Usage<T> | undefined {
    return this.#heap.first
  }

  get peers(): number {
    return this.#byPeer.size
  }

  of(peer: string): Usage<T> | undefined {
    return this.#byPeer.get(peer)
  }

  /** Counts an item for a peer that does not have it yet. */
  add(peer: string, item: T, cost: { readonly count: number; readonly weight: number }): void {
    let usage = this.#byPeer.get(peer)
    if (usage === undefined) {
      usage = { peer, count: 0, weight: 0, items: new Map(), place: -1 }
      this.#byPeer.set(peer, usage)
    }
    usage.items.set(item, cost)
    usage.count += cost.count
    usage.weight += cost.weight
    this.#heap.set(usage)
  }

  /** Counts an item no more for a peer. Forgets a peer that has none left. */
  delete(peer: string, item: T): void {
    const usage = this.#byPeer.get(peer)
    const cost = usage?.items.get(item)
    if (usage === undefined || cost === undefined) return
    usage.items.delete(item)
    usage.count -= cost.count
    usage.weight -= cost.weight
    if (usage.items.size > 0) return this.#heap.set(usage)
    this.#byPeer.delete(peer)
    this.#heap.delete(usage)
  }
}
