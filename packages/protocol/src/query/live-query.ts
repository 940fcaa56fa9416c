import type { Millis, PeerId } from '../event.ts'
import type { Query } from './query.ts'

/** A query that is under way, as one node knows it. */
export interface LiveQuery {
  readonly id: Uint8Array
  /** The id as a key of maps. */
  readonly key: string
  readonly query: Query
  readonly origin: PeerId
  /** Its canonical bytes. */
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  /** Until when we answer it and remember it: its timeout, from when it came. No word of who brings it can shorten that. */
  readonly endsAt: Millis
  /** Until when it is passed on: the latest that any copy of it said. */
  passUntil: Millis
  /** Hops from the origin to us. */
  readonly hops: number
  /** Who sent it to us, in that order, at most 8: where answers go. None: it is ours. */
  readonly sources: PeerId[]
  /** Peers that have it, as far as they have shown it. */
  readonly has: Set<PeerId>
  /** Peers that we sent it to. */
  readonly told: Set<PeerId>
  /** How many times it was repeated, and when to do so again. */
  repeats: number
  repeatAt: Millis | undefined
  /** Whether it goes to one neighbour of ours, and no further. Undefined: not told to anybody yet. */
  isNear: boolean | undefined
  /** What was answered here: bit n for index n. */
  said: number
}

/** Sources of a query that are remembered. */
const sourcesMax = 8

/** A peer sent a query that we know, and said until when it is worth answering. */
export function addSource(live: LiveQuery, peer: PeerId, until: Millis): void {
  const { sources, has } = live
  has.add(peer)
  live.passUntil = Math.max(live.passUntil, Math.min(until, live.endsAt))
  if (sources.length > 0 && sources.length < sourcesMax && !sources.includes(peer)) sources.push(peer)
}

/** Queries under way, bounded in all, for each peer that brought them, and for each origin. */
export class LiveQueries {
  readonly #byKey = new Map<string, LiveQuery>()
  readonly #bounds: { readonly queriesMax: number; readonly bytesMax: number; readonly shareOfPeerMax: number }
  readonly #perOriginMax: number
  readonly #ofPeer = new Map<PeerId | undefined, { count: number; bytes: number }>()
  readonly #ofOrigin = new Map<PeerId, number>()
  #bytes = 0

  constructor(limits: {
    readonly queriesMax: number
    readonly bytesMax: number
    readonly shareOfPeerMax: number
    readonly queriesPerOriginMax: number
  }) {
    this.#bounds = limits
    this.#perOriginMax = limits.queriesPerOriginMax
  }

  get(key: string): LiveQuery | undefined {
    return this.#byKey.get(key)
  }

  all(): IterableIterator<LiveQuery> {
    return this.#byKey.values()
  }

  /** Whether there is room for another of this origin, brought by this peer; undefined: our own. */
  hasRoom(origin: PeerId, bringer: PeerId | undefined, size: number): boolean {
    const { queriesMax, bytesMax, shareOfPeerMax } = this.#bounds
    const share = bringer === undefined ? 1 : shareOfPeerMax
    const { count, bytes } = this.#ofPeer.get(bringer) ?? { count: 0, bytes: 0 }
    return (
      this.#byKey.size < queriesMax &&
      this.#bytes + size <= bytesMax &&
      count < queriesMax * share &&
      bytes + size <= bytesMax * share &&
      (this.#ofOrigin.get(origin) ?? 0) < this.#perOriginMax
    )
  }

  add(live: LiveQuery): void {
    this.#byKey.set(live.key, live)
    this.#count(live, 1)
  }

  remove(live: LiveQuery): void {
    if (this.#byKey.delete(live.key)) this.#count(live, -1)
  }

  #count({ origin, sources, bytes: { length } }: LiveQuery, sign: 1 | -1): void {
    this.#bytes += sign * length
    const bringer = sources[0]
    const { count, bytes } = this.#ofPeer.get(bringer) ?? { count: 0, bytes: 0 }
    if (count + sign === 0) this.#ofPeer.delete(bringer)
    else this.#ofPeer.set(bringer, { count: count + sign, bytes: bytes + sign * length })
    const ofOrigin = (this.#ofOrigin.get(origin) ?? 0) + sign
    if (ofOrigin === 0) this.#ofOrigin.delete(origin)
    else this.#ofOrigin.set(origin, ofOrigin)
  }
}
