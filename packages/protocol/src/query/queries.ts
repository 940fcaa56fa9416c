import { equalBytes, keyOf } from '../bytes.ts'
import { randomFrom } from '../catchup/random.ts'
import { argumentError } from '../error.ts'
import type { Millis, PeerId, Ref } from '../event.ts'
import { type Sha256, sha256 } from '../id.ts'
import { matchesTags } from '../member/tag-filter.ts'
import { keyFromPeerId, peerIdFromKey } from '../peer-id.ts'
import { ownerIdSize } from '../state/owner-state.ts'
import { Allowance } from './allowance.ts'
import { AnswerRoutes } from './answer-routes.ts'
import { Collector } from './collector.ts'
import { decodeQueryFrame, encodeAnswer, encodeQueryFrame } from './frame.ts'
import { queryLimits, type QueryLimits } from './limits.ts'
import { addSource, LiveQueries, type LiveQuery } from './live-query.ts'
import { type NewQuery, QueryIntake } from './query-intake.ts'
import { encodeQuery, type Query, queryIdOf, querySignedBytes } from './query.ts'
import type { QueryAction, QueryEvent, Question } from './query-event.ts'
import { Spread } from './spread.ts'

/** Options of {@link Queries}. */
export interface QueriesOptions {
  /** 32 bytes; part of what is signed. */
  readonly networkId: Uint8Array
  /** Our Ed25519 public key, 32 bytes. */
  readonly owner: Uint8Array
  /** This life of the node, 1 to 2^48 − 1; larger than any before. */
  readonly epoch: number
  /** A random 32-bit word, fresh in each life. */
  readonly seed: number
  /** The value of a tag of ours. */
  readonly tagOf: (key: string) => string | undefined
  /** The clock at the start. Default 0. */
  readonly now?: Millis
  readonly limits?: Partial<QueryLimits>
  /** A faster SHA-256 than the built-in one, if the host has it. */
  readonly sha256?: Sha256
  /** What peers are called, by their key, and the other way round. Default: peer ids. */
  readonly peerOf?: (owner: Uint8Array) => PeerId
  readonly ownerOf?: (peer: PeerId) => Uint8Array | undefined
}

type Unsigned =
  | {
      readonly type: 'query'
      readonly ref: Ref
      readonly query: Query
      readonly bytes: Uint8Array
      readonly at: Millis
    }
  | { readonly type: 'answer'; readonly live: LiveQuery; readonly bytes: Uint8Array }

/**
 * Questions to members, and their answers (docs/state.md): a question spreads from neighbour to neighbour, and answers go
 * back the way that it came, and through other peers too. Does no I/O and reads no clock. Total: no frame makes it throw, and
 * one event causes a bounded number of actions.
 */
export class Queries {
  readonly #options: QueriesOptions
  readonly #hash: Sha256
  readonly #peerOf: (owner: Uint8Array) => PeerId
  readonly #self: PeerId
  readonly #live: LiveQueries
  readonly #spread: Spread
  readonly #collector: Collector
  readonly #routes: AnswerRoutes
  readonly #intake: QueryIntake
  readonly #unsigned = new Map<Ref, Unsigned>()
  readonly #ofOrigin: Allowance
  readonly #copies: Allowance
  /** Of words that something came: as many as answers. */
  readonly #words: Allowance
  #actions: QueryAction[] = []
  #ref = 0
  #number = 0
  #now: Millis

  /** Throws `argument` for a network id, owner or epoch out of its range. */
  constructor(options: QueriesOptions) {
    const { networkId, owner, epoch, seed, now = 0, peerOf = peerIdFromKey, ownerOf = keyFromPeerId } = options
    if (networkId.length !== 32) throw argumentError('networkId', '32 bytes', `${networkId.length} bytes`)
    if (owner.length !== 32) throw argumentError('owner', '32 bytes', `${owner.length} bytes`)
    if (!(epoch >= 1)) throw argumentError('epoch', 'at least 1', epoch)
    this.#options = options
    this.#now = now
    const limits = { ...queryLimits, ...options.limits }
    this.#hash = options.sha256 ?? sha256
    this.#peerOf = peerOf
    this.#self = peerOf(owner)
    this.#live = new LiveQueries(limits)
    this.#ofOrigin = new Allowance(limits.originRate, limits.originsMax)
    this.#copies = new Allowance(limits.copyRate)
    this.#words = new Allowance(limits.answerRate)
    const emit = (action: QueryAction): void => void this.#actions.push(action)
    const send = (peer: PeerId, bytes: Uint8Array): void => emit({ type: 'send', peer, bytes })
    this.#collector = new Collector(peerOf, emit)
    this.#spread = new Spread({
      limits,
      random: randomFrom(seed),
      send,
      isNamed: ({ query }, peer) => query.members.length > 0 && names(query, ownerOf(peer)),
      isOursAlone: ({ query }) => query.members.length === 1 && names(query, owner),
    })
    const shared = { limits, networkId, hash: this.#hash, emit, send, nextRef: () => ++this.#ref }
    this.#routes = new AnswerRoutes({ ...shared, spread: this.#spread, collector: this.#collector })
    const begin = (query: NewQuery, at: Millis): void => this.#begin(query, at)
    const [live, ofOrigin] = [this.#live, this.#ofOrigin]
    this.#intake = new QueryIntake({ ...shared, owner, peerOf, live, ofOrigin, begin })
  }

  /** When the host must next deliver `tick`; undefined: not before something else happens. */
  get nextWakeup(): Millis | undefined {
    let next = this.#routes.nextAt ?? Infinity
    for (const { endsAt, repeatAt } of this.#live.all()) next = Math.min(next, endsAt, repeatAt ?? Infinity)
    return next === Infinity ? undefined : next
  }

  /** Takes what happened, at a time that never goes back. Throws only for a wrong argument of the caller. */
  handle(event: QueryEvent, now: Millis): readonly QueryAction[] {
    if (now < this.#now) throw argumentError('now', `at least ${this.#now}`, now)
    this.#now = now
    this.#actions = []
    this.#handle(event, now)
    return this.#actions
  }

  #handle(event: QueryEvent, now: Millis): void {
    switch (event.type) {
      case 'tick':
        return this.#tick(now)
      case 'links':
        return this.#link(event.peers, now)
      case 'ask':
        return this.#ask(event.ref, event.question, event.time, now)
      case 'cancel':
        return this.#collector.cancel(event.ref)
      case 'signed':
        return this.#signed(event.ref, event.signature, now)
      case 'verified':
        if (!this.#intake.verified(event.ref, event.valid, now)) this.#routes.verified(event.ref, event.valid)
        return
      case 'frame':
        return this.#frame(event.peer, event.bytes, event.wall, now)
      case 'acknowledge':
        return this.#say(event.query, { index: 0, answers: event.answers, body: noBytes, isFailed: false }, now)
      case 'answer':
        return this.#say(event.query, { ...event, answers: 0 }, now)
    }
  }

  #tick(now: Millis): void {
    for (const live of this.#live.all()) {
      if (now >= live.endsAt) {
        this.#live.remove(live)
        this.#collector.end(live.key)
      } else this.#spread.repeat(live, now)
    }
    this.#routes.repeat(now)
    for (const part of [this.#ofOrigin, this.#copies, this.#words, this.#intake, this.#routes]) part.tidy(now)
  }

  #link(peers: readonly PeerId[], now: Millis): void {
    const fresh = this.#spread.link(peers)
    if (fresh.length > 0) for (const live of this.#live.all()) this.#spread.tell(live, now, fresh)
  }

  #ask(ref: Ref, question: Question, time: number, now: Millis): void {
    const { owner, epoch } = this.#options
    const query: Query = { ...question, origin: owner, epoch, number: this.#number + 1, time }
    const bytes = encodeQuery(query)
    const hasRoom = this.#live.hasRoom(this.#self, undefined, bytes.length)
    if (!hasRoom || !this.#ofOrigin.take(this.#self, now)) return void this.#actions.push({ type: 'refused', ref })
    this.#number++
    const signRef = ++this.#ref
    this.#unsigned.set(signRef, { type: 'query', ref, query, bytes, at: now })
    const signed = querySignedBytes('query', this.#options.networkId, this.#hash(bytes))
    this.#actions.push({ type: 'sign', ref: signRef, bytes: signed })
  }

  #signed(ref: Ref, signature: Uint8Array, now: Millis): void {
    const unsigned = this.#unsigned.get(ref)
    if (unsigned === undefined) return
    this.#unsigned.delete(ref)
    const { bytes } = unsigned
    if (unsigned.type === 'answer') {
      return this.#routes.start(unsigned.live, { type: 'return', answer: bytes, signature, hops: 0 }, now)
    }
    const { query, at } = unsigned
    const id = queryIdOf(this.#hash(bytes))
    this.#collector.open(keyOf(id), unsigned.ref)
    this.#actions.push({ type: 'asking', ref: unsigned.ref, id })
    const endsAt = at + query.timeoutMs
    this.#begin({ query, id, bytes, signature, hops: 0, endsAt, passUntil: endsAt, sources: [] }, now)
  }

  /** A query is new here: it goes on, and we look whether we are meant. */
  #begin(fields: NewQuery, now: Millis): void {
    const { query, id, endsAt } = fields
    if (endsAt <= now) return
    const origin = this.#peerOf(query.origin)
    const spreading = { told: new Set<PeerId>(), repeats: 0, repeatAt: undefined, isNear: undefined, said: 0 }
    const live: LiveQuery = { ...fields, ...spreading, key: keyOf(id), origin, has: new Set(fields.sources) }
    this.#live.add(live)
    for (const source of live.sources) this.#have(id, source)
    this.#spread.tell(live, now)
    if (this.#isMeant(query)) this.#actions.push({ type: 'asked', id, origin, query, leftMs: endsAt - now })
  }

  #isMeant(query: Query): boolean {
    const { owner, tagOf } = this.#options
    return (query.members.length === 0 || names(query, owner)) && matchesTags(query.tags, tagOf)
  }

  #frame(peer: PeerId, bytes: Uint8Array, wall: number, now: Millis): void {
    const frame = decodeQueryFrame(bytes)
    if (frame === undefined) return this.#blameEncoding(peer)
    if (frame.type === 'return') {
      if (!this.#routes.take(peer, frame, this.#live, now)) this.#blameEncoding(peer)
      return
    }
    if (frame.type === 'have') {
      if (this.#words.take(peer, now)) this.#had(frame.id, peer)
      return
    }
    if (!this.#copies.take(peer, now)) return
    const id = this.#intake.take(peer, frame, wall, now)
    const known = id && this.#live.get(keyOf(id))
    if (known !== undefined) this.#copied(known, peer, now + frame.leftMs)
  }

  /** A peer has what we have; it learns that we have it too, unless it got it from us. */
  #copied(live: LiveQuery, peer: PeerId, until: Millis): void {
    // Who sends it again did not hear that we have it.
    const isAgain = live.has.has(peer)
    addSource(live, peer, until)
    if (isAgain || !live.told.has(peer)) this.#have(live.id, peer)
  }

  #have(id: Uint8Array, peer: PeerId): void {
    this.#actions.push({ type: 'send', peer, bytes: encodeQueryFrame({ type: 'have', id }) })
  }

  #had(id: Uint8Array, peer: PeerId): void {
    const live = this.#live.get(keyOf(id))
    if (live === undefined) this.#routes.confirmed(id, peer)
    else live.has.add(peer)
  }

  /** What our side says of a query that we were asked. */
  #say(
    id: Uint8Array,
    said: { readonly index: number; readonly answers: number; readonly body: Uint8Array; readonly isFailed: boolean },
    now: Millis,
  ): void {
    const live = this.#live.get(keyOf(id))
    const { index, answers, body, isFailed } = said
    if (live === undefined || now >= live.endsAt || (live.said & (1 << index)) !== 0) return
    live.said |= 1 << index
    if (index === 0 && !live.query.wantsAck) return
    const answer = { query: live.id, responder: this.#options.owner, index, answers, body, isFailed }
    if (live.sources.length === 0) return this.#collector.take(live.key, answer)
    const bytes = encodeAnswer(answer)
    const ref = ++this.#ref
    this.#unsigned.set(ref, { type: 'answer', live, bytes })
    const signed = querySignedBytes('answer', this.#options.networkId, this.#hash(bytes))
    this.#actions.push({ type: 'sign', ref, bytes: signed })
  }

  #blameEncoding(peer: PeerId): void {
    this.#actions.push({ type: 'blame', peer, fault: 'bad-encoding' })
  }
}

const noBytes = new Uint8Array(0)

const names = ({ members }: Query, owner: Uint8Array | undefined): boolean =>
  owner !== undefined && members.some((member) => equalBytes(member, owner.subarray(0, ownerIdSize)))
