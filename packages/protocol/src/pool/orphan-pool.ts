import { argumentError } from '../error.ts'
import type { Millis, PeerId } from '../event.ts'
import { Heap, type Placed } from '../heap.ts'
import { UsageTable } from './usage.ts'

/** Bounds of an {@link OrphanPool}. */
export interface OrphanOptions {
  /**
   * Announcements over all peers, of 10 parents each or part of 10: an orphan that two peers announced counts twice. Default
   * 3,000, as in Bitcoin Core. More costs memory and time when a parent arrives.
   */
  readonly countMax: number
  /** Weight of all orphans, in what the caller weighs in, usually bytes. Default 16 MiB. A guess. */
  readonly weightMax: number
  /** Weight of one orphan, at most `weightMax`. Default 1 MiB. */
  readonly orphanWeightMax: number
  /** Parents of one orphan. Default 64. */
  readonly parentsMax: number
  /** Orphans that one waits for, directly and through others. Default 256: bounds the search for cycles. */
  readonly ancestorsMax: number
  /** How long one waits, in ms. Default 1,200,000: 20 minutes, as Bitcoin Core had it. */
  readonly lifetimeMs: number
}

/** The defaults of {@link OrphanOptions}. */
export const orphanOptions: OrphanOptions = Object.freeze({
  countMax: 3000,
  weightMax: 16 << 20,
  orphanWeightMax: 1 << 20,
  parentsMax: 64,
  ancestorsMax: 256,
  lifetimeMs: 1_200_000,
})

/** What waits for others to come first. */
export interface Orphan<T> {
  readonly id: string
  readonly item: T
  readonly weight: number
  /** Parents that have not come yet. */
  readonly missing: ReadonlySet<string>
  /** Who announced it, the first one first. */
  readonly peers: ReadonlySet<PeerId>
  /** When it is given up. */
  readonly until: Millis
}

/** An orphan as it comes. */
export interface NewOrphan<T> {
  readonly id: string
  /** What must come first, and is not here: at least one. */
  readonly parents: readonly string[]
  readonly item: T
  /** Positive. */
  readonly weight: number
  /** Who brought it. */
  readonly peer: PeerId
  /** When it is given up, if that is earlier than `lifetimeMs` from now. */
  readonly until?: Millis
}

/**
 * Why an orphan is not parked: `oversize`: heavier than one may be; `parents`: none, or too many; `cycle`: it waits for
 * itself; `deep`: it waits for too many others; `full`: the peer takes up most of the room, with this alone.
 */
export type OrphanRefusal = 'oversize' | 'parents' | 'cycle' | 'deep' | 'full'

/** What became of an orphan. */
export interface OrphanResult<T> {
  /** `announced`: it was there, and this peer has it too; `known`: this peer had announced it. */
  readonly status: 'parked' | 'announced' | 'known' | 'refused'
  readonly reason?: OrphanRefusal
  /** What had to make way: each of a peer that took up more than its share. */
  readonly evicted: readonly Orphan<T>[]
}

interface Entry<T> extends Orphan<T>, Placed {
  readonly missing: Set<string>
  readonly peers: Set<PeerId>
  /** What one announcement of it counts. */
  readonly count: number
}

/** Parents that count as one announcement; from Bitcoin Core's latency score. */
const parentsPerCount = 10

/**
 * What came before its parents, under bounds. Each peer answers for what it announces: when room is short, the peer that takes up
 * most of it loses its oldest, so no peer can push out another's. An orphan stays as long as one peer that announced it is left.
 * After the rules of Bitcoin Core's TxOrphanage.
 */
export class OrphanPool<T = undefined> {
  readonly #options: OrphanOptions
  readonly #entries = new Map<string, Entry<T>>()
  readonly #children = new Map<string, Set<Entry<T>>>()
  readonly #usage: UsageTable<Entry<T>>
  readonly #deadlines = new Heap<Entry<T>>((a, b) => a.until < b.until)
  #count = 0
  #weight = 0

  /** Throws `argument` for an `orphanWeightMax` above `weightMax`. */
  constructor(options: Partial<OrphanOptions> = {}) {
    this.#options = { ...orphanOptions, ...options }
    const { orphanWeightMax, weightMax } = this.#options
    if (orphanWeightMax > weightMax) throw argumentError('orphanWeightMax', 'at most weightMax', orphanWeightMax)
    this.#usage = new UsageTable(this.#options)
  }

  /** Orphans. */
  get size(): number {
    return this.#entries.size
  }

  /** Announcements, as `countMax` counts them. */
  get count(): number {
    return this.#count
  }

  /** Of all orphans, each once. */
  get weight(): number {
    return this.#weight
  }

  /** When the next one is given up: call `expire` then. */
  get nextWakeup(): Millis | undefined {
    return this.#deadlines.first?.until
  }

  get(id: string): Orphan<T> | undefined {
    return this.#entries.get(id)
  }

  /** What a peer takes up. */
  usageOf(peer: PeerId): { readonly count: number; readonly weight: number } {
    const { count, weight } = this.#usage.of(peer) ?? { count: 0, weight: 0 }
    return { count, weight }
  }

  /** Parents that orphans wait for and that are no orphans themselves: what to ask for. In no order. */
  *missing(): IterableIterator<string> {
    for (const parent of this.#children.keys()) if (!this.#entries.has(parent)) yield parent
  }

  /** Parks an orphan, or notes that one more peer has it. */
  add({ id, parents, item, weight, peer, until = Infinity }: NewOrphan<T>, now: Millis): OrphanResult<T> {
    if (this.#entries.has(id)) return this.announce(id, peer)
    const missing = new Set(parents)
    const reason = this.#refusalOf(id, missing, weight)
    if (reason !== undefined) return { status: 'refused', reason, evicted: [] }
    const entry: Entry<T> = {
      id,
      item,
      weight,
      missing,
      peers: new Set(),
      until: Math.min(until, now + this.#options.lifetimeMs),
      count: Math.ceil(missing.size / parentsPerCount),
      place: -1,
    }
    this.#entries.set(id, entry)
    this.#weight += weight
    this.#deadlines.set(entry)
    for (const parent of missing) this.#childrenOf(parent).add(entry)
    this.#claim(entry, peer)
    const evicted = this.#evict()
    if (this.#entries.has(id)) return { status: 'parked', evicted }
    return { status: 'refused', reason: 'full', evicted: evicted.filter((each) => each !== entry) }
  }

  /** Notes that a peer has an orphan too, so that it stays when others go. Nothing if there is none of this id. */
  announce(id: string, peer: PeerId): OrphanResult<T> {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.peers.has(peer)) return { status: 'known', evicted: [] }
    this.#claim(entry, peer)
    return { status: 'announced', evicted: this.#evict() }
  }

  /** A parent has come: returns, and lets go of, orphans that wait for nothing any more, oldest first. */
  resolve(parent: string): readonly Orphan<T>[] {
    const children = this.#children.get(parent)
    if (children === undefined) return []
    this.#children.delete(parent)
    const free: Orphan<T>[] = []
    for (const entry of children) {
      entry.missing.delete(parent)
      if (entry.missing.size > 0) continue
      this.#remove(entry)
      free.push(entry)
    }
    return free
  }

  /** A parent will never be accepted: returns, and lets go of, all that wait for it, directly and through others. */
  fail(parent: string): readonly Orphan<T>[] {
    const gone: Orphan<T>[] = []
    const failed = [parent]
    for (const id of failed) {
      for (const entry of this.#children.get(id) ?? []) {
        this.#remove(entry)
        gone.push(entry)
        failed.push(entry.id)
      }
    }
    return gone
  }

  /** Lets go of one orphan, whoever announced it. */
  delete(id: string): Orphan<T> | undefined {
    const entry = this.#entries.get(id)
    if (entry !== undefined) this.#remove(entry)
    return entry
  }

  /** A peer is gone: returns the orphans that nobody else announced. */
  peerGone(peer: PeerId): readonly Orphan<T>[] {
    const entries = [...(this.#usage.of(peer)?.items.keys() ?? [])]
    return entries.filter((entry) => this.#disclaim(entry, peer))
  }

  /** Returns, and lets go of, what has waited long enough. */
  expire(now: Millis): readonly Orphan<T>[] {
    const expired: Orphan<T>[] = []
    for (let entry = this.#deadlines.first; entry !== undefined && entry.until <= now; entry = this.#deadlines.first) {
      this.#remove(entry)
      expired.push(entry)
    }
    return expired
  }

  #refusalOf(id: string, missing: ReadonlySet<string>, weight: number): OrphanRefusal | undefined {
    if (weight > this.#options.orphanWeightMax) return 'oversize'
    if (missing.size === 0 || missing.size > this.#options.parentsMax) return 'parents'
    const ancestors = new Set(missing)
    let orphans = 0
    for (const ancestor of ancestors) {
      if (ancestor === id) return 'cycle'
      const entry = this.#entries.get(ancestor)
      if (entry === undefined) continue
      if (++orphans > this.#options.ancestorsMax) return 'deep'
      for (const parent of entry.missing) ancestors.add(parent)
    }
    return undefined
  }

  #childrenOf(parent: string): Set<Entry<T>> {
    let children = this.#children.get(parent)
    if (children === undefined) {
      children = new Set()
      this.#children.set(parent, children)
    }
    return children
  }

  #claim(entry: Entry<T>, peer: PeerId): void {
    entry.peers.add(peer)
    this.#count += entry.count
    this.#usage.add(peer, entry, entry)
  }

  /** Whether the orphan is gone with its last peer. */
  #disclaim(entry: Entry<T>, peer: PeerId): boolean {
    if (entry.peers.size === 1) {
      this.#remove(entry)
      return true
    }
    entry.peers.delete(peer)
    this.#count -= entry.count
    this.#usage.delete(peer, entry)
    return false
  }

  #evict(): Orphan<T>[] {
    const evicted: Orphan<T>[] = []
    while (this.#count > this.#options.countMax || this.#weight > this.#options.weightMax) {
      // Over a bound there is somebody: each orphan has a peer.
      const usage = this.#usage.heaviest!
      const [oldest] = usage.items.keys()
      if (this.#disclaim(oldest!, usage.peer)) evicted.push(oldest!)
    }
    return evicted
  }

  /** Leaves `peers` as they are, for whoever gets it back. */
  #remove(entry: Entry<T>): void {
    this.#entries.delete(entry.id)
    this.#deadlines.delete(entry)
    this.#weight -= entry.weight
    this.#count -= entry.count * entry.peers.size
    for (const peer of entry.peers) this.#usage.delete(peer, entry)
    for (const parent of entry.missing) {
      const children = this.#children.get(parent)
      children?.delete(entry)
      if (children?.size === 0) this.#children.delete(parent)
    }
  }
}
