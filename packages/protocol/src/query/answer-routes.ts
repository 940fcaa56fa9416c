import { keyOf } from '../bytes.ts'
import type { Millis, PeerId, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import { Allowance } from './allowance.ts'
import { Checks } from './checks.ts'
import type { Collector } from './collector.ts'
import { type Answer, decodeAnswer, encodeQueryFrame, type ReturnFrame } from './frame.ts'
import type { QueryLimits } from './limits.ts'
import type { LiveQueries, LiveQuery } from './live-query.ts'
import type { QueryAction } from './query-event.ts'
import { queryIdOf, querySignedBytes } from './query.ts'
import type { Spread } from './spread.ts'
import { type Unconfirmed, UnconfirmedAnswers } from './unconfirmed.ts'

/** What bringing answers home needs. */
export interface AnswerRoutesContext {
  readonly limits: QueryLimits
  readonly networkId: Uint8Array
  readonly hash: Sha256
  readonly emit: (action: QueryAction) => void
  readonly send: (peer: PeerId, bytes: Uint8Array) => void
  readonly nextRef: () => Ref
  readonly spread: Spread
  readonly collector: Collector
}

/**
 * Brings answers to whoever asked: directly to a neighbour, else to who sent the query. What comes from a peer goes on to at
 * most one other, and once, so that nobody can have more said through us than it says itself; so their signatures are
 * checked at the end of the way only.
 */
export class AnswerRoutes {
  readonly #context: AnswerRoutesContext
  readonly #allowance: Allowance
  readonly #checks: Checks<{ readonly peer: PeerId; readonly key: string; readonly answer: Answer }>
  /** What has passed, and from whom; the oldest is forgotten. */
  readonly #passed = new Set<string>()
  readonly #unconfirmed: UnconfirmedAnswers

  constructor(context: AnswerRoutesContext) {
    this.#context = context
    this.#allowance = new Allowance(context.limits.answerRate)
    this.#checks = new Checks(context.limits.checksPerPeerMax)
    this.#unconfirmed = new UnconfirmedAnswers(context.limits)
  }

  /** When {@link AnswerRoutes.repeat} is due. */
  get nextAt(): Millis | undefined {
    return this.#unconfirmed.nextAt
  }

  /** Sends an answer of ours on its way, and as many copies through other peers as the query asks for. */
  start(live: LiveQuery, frame: ReturnFrame, now: Millis): void {
    const { hash, spread } = this.#context
    const first = this.#next(live, undefined)
    const others = spread.links.filter((peer) => peer !== first && peer !== live.origin)
    // Who sent us the query has a way of its own; who had it from us may know no other.
    const near = new Set(live.sources)
    const [independent, rest] = [others.filter((peer) => near.has(peer)), others.filter((peer) => !near.has(peer))]
    const { relays } = live.query
    const helpers = spread.sample(independent, relays)
    if (helpers.length < relays) helpers.push(...spread.sample(rest, relays - helpers.length))
    const chosen = [...(first === undefined ? [] : [first]), ...helpers]
    const id = queryIdOf(hash(frame.answer))
    const bytes = encodeQueryFrame(frame)
    for (const peer of chosen) this.#send({ live, id, peer, frame: bytes, repeats: 0 }, now)
  }

  /** Sends again what was not confirmed: to the same peer, and in the end, or if that is gone, to another if there is one. */
  repeat(now: Millis): void {
    const { limits, spread } = this.#context
    for (const answer of this.#unconfirmed.due(now)) {
      const { live, peer, repeats } = answer
      if (now >= live.endsAt || repeats >= limits.repeatsMax) continue
      const isLast = repeats + 1 === limits.repeatsMax || !spread.links.includes(peer)
      const other = isLast ? this.#next(live, peer) : undefined
      this.#send({ ...answer, peer: other ?? peer, repeats: repeats + 1 }, now)
    }
  }

  /** A neighbour has it. */
  confirmed(id: Uint8Array, peer: PeerId): void {
    this.#unconfirmed.confirm(id, peer)
  }

  /** Takes an answer that a peer brings. False if it is none. */
  take(peer: PeerId, frame: ReturnFrame, queries: Pick<LiveQueries, 'get'>, now: Millis): boolean {
    const { limits, hash, send } = this.#context
    if (!this.#allowance.take(peer, now)) return true
    const bytes = frame.answer.slice()
    const answer = decodeAnswer(bytes)
    if (answer === undefined) return false
    const live = queries.get(keyOf(answer.query))
    if (live === undefined) return true
    const digest = hash(bytes)
    const id = queryIdOf(digest)
    const isOurs = live.sources.length === 0
    // What cannot be checked now comes again.
    if (isOurs && !this.#check(peer, live.key, { answer, digest, signature: frame.signature.slice() })) return true
    send(peer, encodeQueryFrame({ type: 'have', id }))
    if (isOurs || frame.hops + 1 >= limits.hopsMax) return true
    if (!this.#isFirst(`${keyOf(digest)}${keyOf(frame.signature)}${peer}`)) return true
    const next = this.#next(live, peer)
    if (next === undefined) return true
    const on = encodeQueryFrame({ ...frame, hops: frame.hops + 1 })
    this.#send({ live, id, peer: next, frame: on, repeats: 0 }, now)
    return true
  }

  /** A signature has been checked. */
  verified(ref: Ref, valid: boolean): void {
    const check = this.#checks.take(ref)
    // Who brought it has not checked it, and is not to blame.
    if (check !== undefined && valid) this.#context.collector.take(check.key, check.answer)
  }

  tidy(now: Millis): void {
    this.#allowance.tidy(now)
  }

  #send(answer: Unconfirmed, now: Millis): void {
    this.#context.send(answer.peer, answer.frame)
    this.#unconfirmed.add(answer, now)
  }

  /** False if too much is being checked. */
  #check(
    peer: PeerId,
    key: string,
    { answer, digest, signature }: { answer: Answer; digest: Uint8Array; signature: Uint8Array },
  ): boolean {
    const { collector, networkId, nextRef, emit } = this.#context
    const checkKey = keyOf(digest) + keyOf(signature)
    if (!collector.lacks(key, answer) || this.#checks.get(checkKey) !== undefined) return true
    const ref = nextRef()
    if (!this.#checks.add(ref, checkKey, { peer, key, answer })) return false
    const bytes = querySignedBytes('answer', networkId, digest)
    emit({ type: 'verify', ref, owner: answer.responder, signature, bytes })
    return true
  }

  /**
   * Where an answer goes from here, but not back: to the origin, or to the first of those that sent the query, or to anybody
   * who may know another way.
   */
  #next({ origin, sources }: LiveQuery, from: PeerId | undefined): PeerId | undefined {
    const { spread } = this.#context
    const links = new Set(spread.links)
    const known = [origin, ...sources].find((peer) => peer !== from && links.has(peer))
    return (
      known ??
      spread.sample(
        [...links].filter((peer) => peer !== from),
        1,
      )[0]
    )
  }

  #isFirst(passage: string): boolean {
    if (this.#passed.has(passage)) return false
    this.#passed.add(passage)
    if (this.#passed.size > this.#context.limits.passedMax) this.#passed.delete(this.#passed.values().next().value!)
    return true
  }
}
