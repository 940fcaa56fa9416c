import { randomFrom } from '../catchup/random.ts'
import type { Millis, PeerId } from '../event.ts'
import { Heap, type Placed } from '../heap.ts'
import { type RequestOptions, requestOptions } from './options.ts'

/** What to ask a peer for. */
export interface Request {
  readonly peer: PeerId
  /** In the order in which the peer announced them. */
  readonly ids: readonly string[]
}

/** What is due. */
export interface Due {
  readonly requests: readonly Request[]
  /** Who let a request time out. */
  readonly expired: readonly { readonly peer: PeerId; readonly id: string }[]
}

/** One peer has one id. */
interface Announcement {
  readonly peer: PeerRow
  readonly item: Item
  readonly isPreferred: boolean
  /** Not asked for before. */
  readonly at: Millis
  /** Who draws the least is asked first, so that being fast wins nothing. */
  readonly lot: number
  readonly order: number
  /** Asked once, or answered unasked: never asked again. */
  isDone: boolean
}

interface Item extends Placed {
  readonly id: string
  readonly announcements: Map<PeerRow, Announcement>
  /** At most one is asked at a time. */
  asked: Announcement | undefined
  /** When it is looked at again: the time-out of `asked`, else when a candidate becomes due. */
  wakeAt: Millis
}

interface PeerRow {
  readonly peer: PeerId
  readonly items: Set<Item>
  inFlight: number
  /** What could have been asked of it if it had not had so much in flight. */
  readonly blocked: Set<Item>
}

/**
 * Who is asked for what that was announced, and when, by the rules of Bitcoin Core's TxRequestTracker: never two requests for one id
 * at once; never twice of one peer; preferred peers first, and among equals by lot, so that nobody who announces fast and does
 * not deliver can hold back what others have; time-outs; bounds for each peer. Peers that only announce are asked once each.
 */
export class RequestTracker {
  readonly #options: RequestOptions
  readonly #random: () => number
  readonly #items = new Map<string, Item>()
  readonly #peers = new Map<PeerId, PeerRow>()
  readonly #heap = new Heap<Item>((a, b) => a.wakeAt < b.wakeAt)
  /** Peers that have room again. */
  readonly #freed = new Set<PeerRow>()
  #order = 0
  #now: Millis = 0

  /** `seed`: 32 random bits, for the lots. */
  constructor({ seed, ...options }: { readonly seed: number } & Partial<RequestOptions>) {
    this.#options = { ...requestOptions, ...options }
    this.#random = randomFrom(seed)
  }

  /** Ids that are being looked for. */
  get size(): number {
    return this.#items.size
  }

  /** When `due` has something to say, unless something else happens before. */
  get nextWakeup(): Millis | undefined {
    for (const { blocked } of this.#freed) if (blocked.size > 0) return this.#now
    const at = this.#heap.first?.wakeAt
    return at === Infinity ? undefined : at
  }

  /** What a peer has announced that is still looked for, and how much of it is in flight. */
  usageOf(peer: PeerId): { readonly announced: number; readonly inFlight: number } {
    const row = this.#peers.get(peer)
    return { announced: row?.items.size ?? 0, inFlight: row?.inFlight ?? 0 }
  }

  /**
   * A peer has something that we lack: the caller has looked. `since`: when it said so, if that was before. False, and nothing
   * changes, if it is known or the peer has announced as much as it may.
   */
  announced(
    id: string,
    { peer, isPreferred, since }: { readonly peer: PeerId; readonly isPreferred: boolean; readonly since?: Millis },
    now: Millis,
  ): boolean {
    this.#now = now
    const row = this.#rowOf(peer)
    const known = this.#items.get(id)
    if (row.items.size >= this.#options.announcementsMax || known?.announcements.has(row) === true) return false
    const item: Item = known ?? { id, announcements: new Map(), asked: undefined, wakeAt: 0, place: -1 }
    if (known === undefined) this.#items.set(id, item)
    const { inFlightMax, delayMs, overloadedDelayMs } = this.#options
    const delay = (isPreferred ? 0 : delayMs) + (row.inFlight >= inFlightMax ? overloadedDelayMs : 0)
    const announcement: Announcement = {
      peer: row,
      item,
      isPreferred,
      at: (since ?? now) + delay,
      lot: this.#random(),
      order: this.#order++,
      isDone: false,
    }
    item.announcements.set(row, announcement)
    row.items.add(item)
    if (item.asked === undefined) this.#schedule(item)
    return true
  }

  /** Ends what has timed out, and returns what to ask for now, of whom. It counts as asked from here on. */
  due(now: Millis): Due {
    this.#now = now
    const asked: Announcement[] = []
    const expired: { peer: PeerId; id: string }[] = []
    const awake: Item[] = []
    // All that has timed out first, so that its room counts for whatever is asked for now.
    for (let item = this.#heap.first; item !== undefined && item.wakeAt <= now; item = this.#heap.first) {
      this.#heap.delete(item)
      awake.push(item)
      if (item.asked === undefined) continue
      expired.push({ peer: item.asked.peer.peer, id: item.id })
      this.#end(item.asked)
    }
    for (const item of awake) this.#ask(item, now, asked)
    for (const row of this.#freed) {
      for (const item of row.blocked) {
        if (row.inFlight >= this.#options.inFlightMax) break
        row.blocked.delete(item)
        if (item.asked === undefined) this.#ask(item, now, asked)
      }
    }
    this.#freed.clear()
    return { requests: requestsOf(asked), expired }
  }

  /**
   * A peer has answered: with what it was asked for, good or bad, or that it lacks it. It is not asked again; others are, unless
   * `forget` follows. Returns whether it had been asked.
   */
  answered(id: string, peer: PeerId): boolean {
    const row = this.#peers.get(peer)
    const announcement = row === undefined ? undefined : this.#items.get(id)?.announcements.get(row)
    if (announcement === undefined) return false
    const { item } = announcement
    const wasAsked = item.asked === announcement
    if (wasAsked) this.#end(announcement)
    announcement.isDone = true
    if (item.asked === undefined) this.#schedule(item)
    return wasAsked
  }

  /** It has come, or is not wanted any more. New announcements would be asked for: the caller must know that it has it. */
  forget(id: string): void {
    const item = this.#items.get(id)
    if (item !== undefined) this.#drop(item)
  }

  /** A peer is gone, and what it announced with it. */
  peerGone(peer: PeerId): void {
    const row = this.#peers.get(peer)
    if (row === undefined) return
    this.#peers.delete(peer)
    this.#freed.delete(row)
    for (const item of row.items) {
      item.announcements.delete(row)
      if (item.asked?.peer === row) item.asked = undefined
      if (item.asked === undefined) this.#schedule(item)
    }
  }

  /** Sets when an item that is not asked for is looked at; forgets one that nobody is left to be asked for. */
  #schedule(item: Item, after = -Infinity): void {
    let wakeAt = Infinity
    let isOpen = false
    for (const { at, isDone } of item.announcements.values()) {
      if (isDone) continue
      isOpen = true
      if (at > after && at < wakeAt) wakeAt = at
    }
    if (!isOpen) return this.#drop(item)
    item.wakeAt = wakeAt
    this.#heap.set(item)
  }

  #ask(item: Item, now: Millis, asked: Announcement[]): void {
    const { inFlightMax, timeoutMs } = this.#options
    let best: Announcement | undefined
    for (const candidate of item.announcements.values()) {
      if (candidate.isDone || candidate.at > now) continue
      if (candidate.peer.inFlight >= inFlightMax) candidate.peer.blocked.add(item)
      else if (best === undefined || isBetter(candidate, best)) best = candidate
    }
    if (best === undefined) return this.#schedule(item, now)
    best.peer.inFlight++
    item.asked = best
    item.wakeAt = now + timeoutMs
    this.#heap.set(item)
    asked.push(best)
  }

  /** The one that was asked is not waited for any more. */
  #end(announcement: Announcement): void {
    const { item, peer } = announcement
    item.asked = undefined
    announcement.isDone = true
    this.#free(peer)
  }

  #free(row: PeerRow): void {
    row.inFlight--
    if (row.blocked.size > 0) this.#freed.add(row)
  }

  #drop(item: Item): void {
    if (item.asked !== undefined) this.#free(item.asked.peer)
    this.#items.delete(item.id)
    this.#heap.delete(item)
    for (const row of item.announcements.keys()) {
      row.items.delete(item)
      row.blocked.delete(item)
      if (row.items.size === 0) {
        this.#peers.delete(row.peer)
        this.#freed.delete(row)
      }
    }
  }

  #rowOf(peer: PeerId): PeerRow {
    let row = this.#peers.get(peer)
    if (row === undefined) {
      row = { peer, items: new Set(), inFlight: 0, blocked: new Set() }
      this.#peers.set(peer, row)
    }
    return row
  }
}

function isBetter(a: Announcement, b: Announcement): boolean {
  return a.isPreferred === b.isPreferred ? a.lot < b.lot : a.isPreferred
}

function requestsOf(asked: readonly Announcement[]): Request[] {
  const idsByPeer = new Map<PeerId, string[]>()
  for (const { peer, item } of asked.toSorted((a, b) => a.order - b.order)) {
    const ids = idsByPeer.get(peer.peer)
    if (ids === undefined) idsByPeer.set(peer.peer, [item.id])
    else ids.push(item.id)
  }
  return [...idsByPeer].map(([peer, ids]) => ({ peer, ids }))
}
