import type { Millis, PeerId } from '../event.ts'
import { encodeQueryFrame } from './frame.ts'
import type { QueryLimits } from './limits.ts'
import type { LiveQuery } from './live-query.ts'

/** What spreading needs of its node. */
export interface SpreadContext {
  readonly limits: QueryLimits
  readonly random: () => number
  readonly send: (peer: PeerId, bytes: Uint8Array) => void
  /** Whether a query names this peer as one of those that are meant. */
  readonly isNamed: (live: LiveQuery, peer: PeerId) => boolean
  /** Whether a query is for us alone, so that nobody else need hear of it. */
  readonly isOursAlone: (live: LiveQuery) => boolean
}

/** Passes queries on to neighbours, and again to those that do not show that they have them. */
export class Spread {
  readonly #context: SpreadContext
  #links: readonly PeerId[] = []

  constructor(context: SpreadContext) {
    this.#context = context
  }

  get links(): readonly PeerId[] {
    return this.#links
  }

  /** Neighbours from now on. Returns those that are new. */
  link(peers: readonly PeerId[]): readonly PeerId[] {
    const before = new Set(this.#links)
    this.#links = peers
    return peers.filter((peer) => !before.has(peer))
  }

  /** A query that is new here, or neighbours that are. */
  tell(live: LiveQuery, now: Millis, among: readonly PeerId[] = this.#links): void {
    const { limits, isNamed, isOursAlone } = this.#context
    if (live.hops >= limits.hopsMax || now >= live.passUntil || isOursAlone(live)) return
    const lacking = among.filter((peer) => !live.has.has(peer) && !live.told.has(peer) && peer !== live.origin)
    const named = lacking.filter((peer) => isNamed(live, peer))
    const { members, relays } = live.query
    // A question to one neighbour need not go through the network: those that its answer may go through are enough.
    live.isNear ??= live.sources.length === 0 && members.length === 1 && named.length === 1
    const count = live.isNear ? relays + 1 : limits.fanout
    const others = this.sample(
      lacking.filter((peer) => !named.includes(peer)),
      Math.max(0, count - named.length),
    )
    const chosen = [...named.slice(0, count), ...others]
    for (const peer of chosen) this.#tellOne(live, peer, now)
    if (chosen.length > 0 && live.repeatAt === undefined) this.#plan(live, now)
  }

  /** Sends it again to those that were told and stay silent, if that is due. */
  repeat(live: LiveQuery, now: Millis): void {
    if (live.repeatAt === undefined || now < live.repeatAt) return
    const links = new Set(this.#links)
    const isOver = now >= live.passUntil
    const silent = isOver ? [] : [...live.told].filter((peer) => !live.has.has(peer) && links.has(peer))
    live.repeats++
    for (const peer of silent) this.#tellOne(live, peer, now)
    live.repeatAt = undefined
    if (silent.length > 0 && live.repeats < this.#context.limits.repeatsMax) this.#plan(live, now)
  }

  /** Some of them, each as likely as any other. */
  sample(peers: readonly PeerId[], count: number): PeerId[] {
    const pool = [...peers]
    const chosen: PeerId[] = []
    while (chosen.length < count && pool.length > 0) {
      const at = Math.floor(this.#context.random() * pool.length)
      chosen.push(pool[at]!)
      pool[at] = pool.at(-1)!
      pool.pop()
    }
    return chosen
  }

  #tellOne(live: LiveQuery, peer: PeerId, now: Millis): void {
    live.told.add(peer)
    const hops = live.isNear === true ? this.#context.limits.hopsMax - 1 : live.hops
    const leftMs = Math.max(1, Math.floor(live.passUntil - now))
    const { bytes, signature } = live
    this.#context.send(peer, encodeQueryFrame({ type: 'ask', query: bytes, signature, hops, leftMs }))
  }

  #plan(live: LiveQuery, now: Millis): void {
    live.repeatAt = now + this.#context.limits.repeatMs * 2 ** live.repeats
  }
}
