import type { Millis, PeerId } from '../event.ts'
import { link, unlink } from '../link.ts'

/** How much may wait. Bytes are of memory: payload and overhead. */
export interface ParkBounds {
  readonly ofPeer: { readonly count: number; readonly bytes: number }
  readonly ofTopic: { readonly count: number; readonly bytes: number }
  /** Bytes over all topics. */
  readonly bytes: number
}

/** 1,024 envelopes and 2 MiB of one peer, 8,192 and 8 MiB on one topic, 16 MiB in all. Guesses: as much as is under check. */
export const parkBounds: ParkBounds = Object.freeze({
  ofPeer: Object.freeze({ count: 1_024, bytes: 2 << 20 }),
  ofTopic: Object.freeze({ count: 8_192, bytes: 8 << 20 }),
  bytes: 16 << 20,
})

/** What waits to be judged again. */
export interface Parked<Item> {
  readonly item: Item
  readonly peer: PeerId
  readonly topic: string
  readonly cost: number
  /** Names of its own messages. */
  readonly names: readonly string[]
  /** Names of what it still waits for. */
  readonly waits: Set<string>
  /** When it is judged again, whatever has come by then; Infinity: not by itself. */
  readonly dueAt: Millis
  /** When it is given up. */
  readonly endsAt: Millis
  /** Why it is here, for the one who asks why it went. */
  readonly because: 'waits' | 'time' | 'failure'
  /** It is with the validator: it stays. */
  isJudged: boolean
  /** Its body is looked for, to judge it again: until that is here, it can make way. */
  isReading: boolean
  /** Why it is judged again. */
  why?: string
}

interface Share {
  count: number
  bytes: number
}

interface PeerShare<Item> extends Share {
  readonly byTopic: Map<string, Share>
  /** In order of arrival. */
  readonly entries: Set<Parked<Item>>
}

/**
 * A bounded place for envelopes that wait. Whoever uses most makes room: a peer beyond its own bound loses its oldest,
 * and where a topic or the whole is full, the peer that has most there does. So no peer can push out another's.
 */
export class Park<Item> {
  readonly #bounds: ParkBounds
  /** In order of arrival. */
  readonly #all = new Map<Item, Parked<Item>>()
  readonly #byName = new Map<string, Set<Parked<Item>>>()
  readonly #waiters = new Map<string, Set<Parked<Item>>>()
  readonly #byPeer = new Map<PeerId, PeerShare<Item>>()
  readonly #byTopic = new Map<string, Share>()
  #bytes = 0

  constructor(bounds: ParkBounds) {
    this.#bounds = bounds
  }

  get count(): number {
    return this.#all.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What waits on one topic. */
  of(topic: string): { readonly count: number; readonly bytes: number } {
    return this.#byTopic.get(topic) ?? noShare
  }

  get(item: Item): Parked<Item> | undefined {
    return this.#all.get(item)
  }

  values(): Iterable<Parked<Item>> {
    return this.#all.values()
  }

  /** Entries that hold a message of this name. */
  named(name: string): ReadonlySet<Parked<Item>> {
    return this.#byName.get(name) ?? none
  }

  /** Entries that wait for a message of this name. */
  waitersOf(name: string): ReadonlySet<Parked<Item>> {
    return this.#waiters.get(name) ?? none
  }

  /** Whether anybody waits for anything. */
  get hasWaiters(): boolean {
    return this.#waiters.size > 0
  }

  /** Takes an entry; false if it would have to push out what another peer brought. `onEvicted`: who made room. */
  add(entry: Parked<Item>, onEvicted: (entry: Parked<Item>) => void): boolean {
    const { ofPeer, ofTopic, bytes } = this.#bounds
    const { peer, topic, cost } = entry
    const isFull = ({ count, bytes: held }: Share, most: Share): boolean =>
      count + 1 > most.count || held + cost > most.bytes
    for (;;) {
      const greedy = isFull(this.#byPeer.get(peer) ?? noShare, ofPeer)
        ? this.#oldest(peer)
        : isFull(this.of(topic), ofTopic)
          ? this.#oldest(this.#greediest(peer, topic), topic)
          : this.#bytes + cost > bytes
            ? this.#oldest(this.#greediest(peer))
            : 'room'
      if (greedy === 'room') break
      if (greedy === undefined) return false
      this.remove(greedy.item)
      onEvicted(greedy)
    }
    this.#all.set(entry.item, entry)
    for (const name of entry.names) link(this.#byName, name, entry)
    for (const name of entry.waits) link(this.#waiters, name, entry)
    this.#charge(entry, 1)
    return true
  }

  remove(item: Item): Parked<Item> | undefined {
    const entry = this.#all.get(item)
    if (entry === undefined) return undefined
    this.#all.delete(item)
    for (const name of entry.names) unlink(this.#byName, name, entry)
    for (const name of entry.waits) unlink(this.#waiters, name, entry)
    this.#charge(entry, -1)
    return entry
  }

  /** What was waited for is there: the entries that waited for it, and wait for it no more. */
  came(name: string): readonly Parked<Item>[] {
    const entries = [...this.waitersOf(name)]
    for (const entry of entries) entry.waits.delete(name)
    this.#waiters.delete(name)
    return entries
  }

  /** The peer that has most, of a topic or of all; the newcomer's own if none has more. */
  #greediest(newcomer: PeerId, topic?: string): PeerId {
    const bytesOf = (share: PeerShare<Item> | undefined): number =>
      (topic === undefined ? share : share?.byTopic.get(topic))?.bytes ?? 0
    let most = { peer: newcomer, bytes: bytesOf(this.#byPeer.get(newcomer)) }
    for (const [peer, share] of this.#byPeer) {
      const bytes = bytesOf(share)
      if (bytes > most.bytes) most = { peer, bytes }
    }
    return most.peer
  }

  #oldest(peer: PeerId, topic?: string): Parked<Item> | undefined {
    for (const entry of this.#byPeer.get(peer)?.entries ?? []) {
      if (!entry.isJudged && (topic ?? entry.topic) === entry.topic) return entry
    }
    return undefined
  }

  #charge(entry: Parked<Item>, sign: 1 | -1): void {
    const { peer, topic, cost } = entry
    const ofPeer = this.#byPeer.get(peer) ?? { count: 0, bytes: 0, byTopic: new Map(), entries: new Set() }
    this.#byPeer.set(peer, ofPeer)
    if (sign > 0) ofPeer.entries.add(entry)
    else ofPeer.entries.delete(entry)
    this.#bytes += sign * cost
    ofPeer.count += sign
    ofPeer.bytes += sign * cost
    for (const shares of [ofPeer.byTopic, this.#byTopic]) {
      const { count, bytes } = shares.get(topic) ?? noShare
      if (count + sign === 0) shares.delete(topic)
      else shares.set(topic, { count: count + sign, bytes: bytes + sign * cost })
    }
    if (ofPeer.count === 0) this.#byPeer.delete(peer)
  }
}

const none: ReadonlySet<never> = new Set()

const noShare: Readonly<Share> = { count: 0, bytes: 0 }
