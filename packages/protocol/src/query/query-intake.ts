import { equalBytes, keyOf } from '../bytes.ts'
import type { Millis, PeerId, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import { Allowance } from './allowance.ts'
import { Checks } from './checks.ts'
import type { AskFrame } from './frame.ts'
import type { QueryLimits } from './limits.ts'
import type { LiveQueries, LiveQuery } from './live-query.ts'
import { decodeQuery, type Query, queryIdOf, querySignedBytes } from './query.ts'
import type { QueryAction, QueryFault } from './query-event.ts'
import { ReplayWindow } from './replay-window.ts'

/** A query that is new here. */
export type NewQuery = Pick<
  LiveQuery,
  'query' | 'id' | 'bytes' | 'signature' | 'hops' | 'endsAt' | 'passUntil' | 'sources'
>

/** What taking in queries needs of its node. */
export interface QueryIntakeContext {
  readonly limits: QueryLimits
  readonly networkId: Uint8Array
  readonly hash: Sha256
  readonly owner: Uint8Array
  readonly peerOf: (owner: Uint8Array) => PeerId
  readonly live: LiveQueries
  readonly ofOrigin: Allowance
  readonly emit: (action: QueryAction) => void
  readonly nextRef: () => Ref
  /** A query is new, and its signature holds. */
  readonly begin: (query: NewQuery, now: Millis) => void
}

interface Unchecked {
  readonly peer: PeerId
  readonly query: Query
  readonly frame: AskFrame
  readonly digest: Uint8Array
  readonly at: Millis
  /** Who sent it, until now. */
  readonly sources: PeerId[]
}

/** Takes in the queries of others: what is new, signed, not too much, and not an old one that somebody sends again. */
export class QueryIntake {
  readonly #context: QueryIntakeContext
  readonly #checks: Checks<Unchecked>
  readonly #window: ReplayWindow
  readonly #ofPeer: Allowance

  constructor(context: QueryIntakeContext) {
    const { checksPerPeerMax, originsMax, peerRate } = context.limits
    this.#context = context
    this.#checks = new Checks(checksPerPeerMax)
    this.#window = new ReplayWindow(originsMax)
    this.#ofPeer = new Allowance(peerRate)
  }

  /** Takes a query that a peer brings. Returns its id if it is under way here already. `wall`: our clock, µs since 1970. */
  take(peer: PeerId, given: AskFrame, wall: number, now: Millis): Uint8Array | undefined {
    const { limits, networkId, hash, owner, live, emit, nextRef } = this.#context
    const digest = hash(given.query)
    const id = queryIdOf(digest)
    if (live.get(keyOf(id)) !== undefined) return id
    // Two copies that differ in the signature are two: else a forged one would keep out the honest one.
    const key = keyOf(digest) + keyOf(given.signature)
    const unchecked = this.#checks.get(key)
    if (unchecked !== undefined) {
      if (unchecked.sources.length < 8 && !unchecked.sources.includes(peer)) unchecked.sources.push(peer)
      return undefined
    }
    // What is kept must not be a view of what the host may reuse.
    const frame = { ...given, query: given.query.slice(), signature: given.signature.slice() }
    const query = decodeQuery(frame.query)
    if (query === undefined) return this.#blame(peer, 'bad-encoding')
    const agoMs = (wall - query.time) / 1000
    const isStale = agoMs > limits.skewMsMax + query.timeoutMs || agoMs < -limits.skewMsMax
    if (isStale || frame.hops >= limits.hopsMax || equalBytes(query.origin, owner)) return undefined
    if (!this.#window.isNew(query.origin, query.epoch, query.number) || !this.#ofPeer.take(peer, now)) return undefined
    const ref = nextRef()
    if (!this.#checks.add(ref, key, { peer, query, frame, digest, at: now, sources: [peer] })) return undefined
    const bytes = querySignedBytes('query', networkId, digest)
    emit({ type: 'verify', ref, owner: query.origin, signature: frame.signature, bytes })
    return undefined
  }

  /** A signature has been checked. False if it was not one of a query. */
  verified(ref: Ref, valid: boolean, now: Millis): boolean {
    const unchecked = this.#checks.take(ref)
    if (unchecked === undefined) return false
    const { peer, query, frame, digest, at, sources } = unchecked
    if (valid) this.#accept({ query, frame, digest, at, sources }, now)
    else this.#blame(peer, 'bad-signature')
    return true
  }

  tidy(now: Millis): void {
    this.#ofPeer.tidy(now)
  }

  #accept({ query, frame, digest, at, sources }: Omit<Unchecked, 'peer'>, now: Millis): void {
    const { live, ofOrigin, peerOf, begin } = this.#context
    const { origin, epoch, number, timeoutMs } = query
    const name = peerOf(origin)
    if (!this.#window.isNew(origin, epoch, number) || !live.hasRoom(name, sources[0], frame.query.length)) return
    if (!ofOrigin.take(name, now)) return
    this.#window.add(origin, epoch, number)
    const endsAt = at + timeoutMs
    const { query: bytes, signature, hops, leftMs } = frame
    const passUntil = Math.min(endsAt, at + leftMs)
    begin({ query, id: queryIdOf(digest), bytes, signature, hops: hops + 1, endsAt, passUntil, sources }, now)
  }

  #blame(peer: PeerId, fault: QueryFault): undefined {
    this.#context.emit({ type: 'blame', peer, fault })
    return undefined
  }
}
