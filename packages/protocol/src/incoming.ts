import { equalBytes, toHex } from './bytes.ts'
import { close } from './closing.ts'
import type { Ask } from './defer/ask.ts'
import { signedBytes, type EnvelopeBody } from './envelope.ts'
import type { Event, Judgement, Millis, PeerId, Ref } from './event.ts'
import { gossipId as gossipIdOf } from './id.ts'
import { identify } from './identify.ts'
import {
  messageAt,
  pendingCostOf,
  readableAt,
  type Arrival,
  type IncomingContext,
  type IsExpected,
  type Pending,
} from './incoming-context.ts'
import { sorted } from './judgement.ts'
import { RateLimit } from './rate-limit.ts'
import { blame, bodyViolation, describe, readBytes, violation } from './reading.ts'
import { seenKey } from './seen-key.ts'
import type { Offer } from './store/refusals.ts'
import { keyTimeOf, recordOf, uniqueByKey } from './store/record.ts'
import { encodeUtf8 } from './text.ts'
import { isKept, type TopicRules } from './topic.ts'
import { decide, type Decision } from './verdict.ts'
import { WaitingRoom } from './waiting-room.ts'

/**
 * The way of an envelope from gossip to its readers: decode, dedup, verify, judge, accept. Dedup comes before verify,
 * so a copy never costs a signature check; ids enter the seen table only on accept, so junk never suppresses the honest.
 */
export class Incoming {
  readonly waiting: WaitingRoom
  readonly #context: IncomingContext
  readonly #pending = new Map<Ref, Pending>()
  /** A quarter of a second is what a busy link and a batch under way can shift. A guess. */
  readonly #rates = new RateLimit(0.25)

  constructor(context: IncomingContext) {
    this.#context = context
    this.waiting = new WaitingRoom(context, {
      judgeAgain: (pending, now) => this.#judgeAgain(pending, now),
      judgeBody: (pending, isChecked, now) => this.#judgeBody(pending, isChecked, now),
      drop: (pending, decision, now) => {
        this.#refuse(pending, decision, now)
        this.waiting.forget(pending, decision)
        this.#close(pending, decision, now)
      },
    })
  }

  /** What envelopes cost whose verdict is still open, in bytes of memory. */
  get pendingBytes(): number {
    return this.waiting.backlog.total
  }

  /** The same of what one peer brought. */
  pendingBytesOf(peer: PeerId): number {
    return this.waiting.backlog.of(peer)
  }

  received({ topic, from, gossipId, bytes, wall, signed }: Event & { type: 'received' }, now: Millis): void {
    const { registry, journal } = this.#context
    const rules = registry.byWireName(topic)
    const entry = journal.open(rules?.name ?? topic, gossipId)
    journal.note(entry, { at: now, what: 'received', peer: from })
    this.#take(rules, bytes, { topic, from, gossipId, entry, wall, signed }, now)
  }

  /** A peer's store gave what we asked it for; ends in an `ingested` action. */
  fetched({ ref, topic, from, bytes, wall }: Event & { type: 'fetched' }, now: Millis, isExpected?: IsExpected): void {
    const { registry, journal, sha256 } = this.#context
    const rules = registry.byName(topic)
    const wireName = rules?.wireName ?? topic
    const id = toHex(gossipIdOf(sha256, wireName, bytes))
    const entry = journal.open(topic, id)
    journal.note(entry, { at: now, what: 'fetched', peer: from })
    this.#take(rules, bytes, { topic: wireName, from, gossipId: id, entry, wall, fetched: ref, isExpected }, now)
  }

  /** A peer gave messages that something here waits for. */
  found(event: Event & { type: 'found' }, now: Millis): void {
    const request = this.waiting.deferral.answered(event, now)
    if (request === undefined) return
    const { peer: from, topic, isWanted } = request
    for (const bytes of event.envelopes) {
      const ref = this.#context.nextRef()
      this.fetched({ type: 'fetched', ref, topic, from, bytes, wall: event.wall }, now, (keys) => keys.some(isWanted))
    }
  }

  #take(rules: TopicRules | undefined, bytes: Uint8Array, arrival: Arrival, now: Millis): void {
    const { journal, holdings, emit, onIngesting } = this.#context
    const { entry, from, wall } = arrival
    if (rules === undefined) return this.#close(arrival, decide('not-held'), now)
    const read = readBytes(rules, bytes, wall, arrival.signed)
    if ('verdict' in read) return this.#close(arrival, read, now)
    const { body, bodyBytes, signature } = read
    describe(entry, read)
    const signed = signedBytes(this.#context.networkId, rules.name, bodyBytes)
    const ids = identify(rules, body, rules.format === 'signed' ? arrival.gossipId : signed, this.#context.sha256)
    if ('verdict' in ids) return this.#close(arrival, ids, now)
    journal.name(entry, ids)
    const keys = ids.map((id) => seenKey(this.#context.sha256, rules, id))
    if (arrival.isExpected?.(keys, keyTimeOf(rules, body.time)) === false) {
      return this.#context.onIngested(arrival.fetched!, undefined, now)
    }
    if (keys.every((key) => this.#isKnown(rules, body, key))) {
      journal.noteRepeat(ids, entry, { at: now, what: 'copy', peer: from })
      return this.#close(arrival, decide('duplicate'), now)
    }
    const waits = this.waiting.reasonOf(rules, keys, arrival)
    if (waits !== undefined) {
      journal.noteRepeat(ids, entry, { at: now, what: 'copy', peer: from })
      return this.#close(arrival, decide(waits, 'it waits here already'), now)
    }
    if (isKept(rules) && holdings.isExpired(rules.name, body.author, body.time)) {
      this.#refuse({ ...arrival, rules, keys }, decide('expired'), now)
      return this.#close(arrival, decide('expired'), now)
    }
    const cost = pendingCostOf(bytes, ids.length)
    if (!this.waiting.backlog.add(from, cost)) return this.#close(arrival, decide('overloaded'), now)

    const ref = this.#context.nextRef()
    const pending: Pending = { ...arrival, rules, bytes, body, ids, keys, cost, asked: [] }
    this.#pending.set(ref, pending)
    if (arrival.fetched !== undefined) onIngesting(arrival.fetched, keyTimeOf(rules, body.time), keys)
    if (signature === undefined) return this.#admit(ref, pending, now)
    emit({ type: 'verify', ref, author: body.author, bytes: signed, signature })
  }

  verified(ref: Ref, valid: boolean, now: Millis): void {
    const pending = this.#pending.get(ref)
    if (pending === undefined) return
    if (!valid) return this.#finish(ref, pending, decide('bad-signature'), now)
    this.#admit(ref, pending, now)
  }

  judged(ref: Ref, judgements: readonly Judgement[], now: Millis): void {
    const pending = this.#pending.get(ref)
    if (pending === undefined) return
    const { accepted, putOff, ignored, rejected } = sorted(pending.asked, judgements)
    if (rejected !== undefined) return this.#turnAway(ref, pending, blame(pending.rules, pending.body, rejected), now)
    for (const { index, decision } of ignored) this.#refuse({ ...pending, keys: [pending.keys[index]!] }, decision, now)
    // A copy inside another envelope may have been accepted while the validator was at work.
    const fresh = accepted.indexes.filter((index) => !this.#isKnown(pending.rules, pending.body, pending.keys[index]!))
    if (fresh.length > 0) this.#accept(ref, pending, fresh, accepted.decision, now)
    if (putOff.indexes.length > 0) {
      const rest = { ...pending, asked: putOff.indexes, isTold: true, isForwarded: true }
      return this.#putOff(ref, fresh.length > 0 ? rest : pending, putOff.ask, now)
    }
    if (fresh.length === 0) this.#finish(ref, pending, ignored[0]?.decision ?? decide('duplicate'), now)
  }

  copied(gossipId: string, from: PeerId, now: Millis): void {
    const entry = this.#context.journal.entry(gossipId)
    if (entry !== undefined) this.#context.journal.note(entry, { at: now, what: 'copy', peer: from })
    this.waiting.bodies.copied(gossipId, from)
  }

  /** The author is who the message says. */
  #admit(ref: Ref, pending: Pending, now: Millis): void {
    const { rules, body, signed, from, fetched } = pending
    const isOurs = equalBytes(body.author, this.#context.author)
    if (isOurs && !this.#context.isOwn(rules.name, body, fetched !== undefined, signed?.seqno)) {
      this.#context.emit({ type: 'impersonated', from, body })
      return this.#turnAway(ref, pending, decide('foreign'), now)
    }
    if (rules.format === 'envelope') this.#context.authorDefinitions.note(rules.name, body.author, body.schema)
    this.#check(ref, pending, now)
  }

  /** The rules of the topic. */
  #check(ref: Ref, pending: Pending, now: Millis): void {
    const { rules, body, from } = pending
    const wrong = violation(rules, body)
    if (wrong !== undefined) return this.#turnAway(ref, pending, blame(rules, body, wrong), now)
    const fresh = [...pending.keys.keys()].filter((index) => !this.#isKnown(rules, body, pending.keys[index]!))
    if (fresh.length === 0) return this.#finish(ref, pending, decide('duplicate'), now)
    const sender = rules.format === 'raw' ? encodeUtf8(from) : body.author
    // What a store gives comes as fast as it can be read: its author's pace was another.
    if (pending.fetched === undefined && !this.#rates.allow(rules, sender, fresh.length, now)) {
      return this.#finish(ref, pending, decide('rate-limit', `${rules.authorRateMax} a second`), now)
    }
    if (body.reference === undefined) return this.#judge(ref, pending, fresh, now)
    pending.asked = fresh
    this.#leave(ref, pending)
    this.#settle(pending, this.waiting.bodies.park(pending), now)
  }

  #judge(ref: Ref, pending: Pending, fresh: readonly number[], now: Millis): void {
    const { rules } = pending
    if (!rules.judged) return this.#accept(ref, pending, fresh, decide('valid'), now)
    pending.asked = fresh
    this.waiting.judging(pending)
    const messages = fresh.map((index) => messageAt(pending, index))
    this.#context.emit({ type: 'judge', ref, topic: rules.name, messages })
  }

  /** What waited is judged under the rules of today. */
  #judgeAgain(pending: Pending, now: Millis): void {
    if (pending.body.reference !== undefined) this.waiting.bodies.again(pending)
    else this.#resume(pending, () => undefined, now)
  }

  /** The body of what waited for it is here. */
  #judgeBody(pending: Pending, isChecked: boolean, now: Millis): void {
    this.#resume(pending, ({ rules, body, payload }) => bodyViolation(rules, body, payload!, isChecked), now)
  }

  #resume(pending: Pending, check: (pending: Pending) => Decision | undefined, now: Millis): void {
    const ref = this.#context.nextRef()
    this.#pending.set(ref, pending)
    pending.rules = this.#context.registry.byName(pending.rules.name) ?? pending.rules
    const fresh = pending.asked.filter((index) => !this.#isKnown(pending.rules, pending.body, pending.keys[index]!))
    if (fresh.length === 0) return this.#finish(ref, pending, decide('duplicate'), now)
    const wrong = check(pending)
    if (wrong !== undefined) return this.#turnAway(ref, pending, blame(pending.rules, pending.body, wrong), now)
    this.#judge(ref, pending, fresh, now)
  }

  #putOff(ref: Ref, pending: Pending, ask: Ask, now: Millis): void {
    this.#leave(ref, pending)
    this.#settle(pending, this.waiting.deferral.park(pending, ask, now), now)
  }

  /** It was to wait: it does, or there was no room for it. */
  #settle(pending: Pending, decision: Decision, now: Millis): void {
    if (!this.waiting.has(pending)) {
      this.#refuse(pending, decision, now)
      this.waiting.forget(pending, decision)
    }
    this.#close(pending, decision, now)
  }

  #isKnown(rules: TopicRules, body: EnvelopeBody, key: Uint8Array): boolean {
    const { seen, holdings } = this.#context
    return isKept(rules) ? holdings.has(rules.name, keyTimeOf(rules, body.time), key) : seen.has(key)
  }

  #accept(ref: Ref, pending: Pending, indexes: readonly number[], decision: Decision, now: Millis): void {
    const { seen, journal, refusals, emit } = this.#context
    const { rules, entry } = pending
    journal.accept(entry, pending.ids)
    const keys = indexes.map((index) => pending.keys[index]!)
    if (refusals.size > 0) refusals.accepted(rules.name, keys)
    this.waiting.deferral.accepted(rules.name, keys)
    this.waiting.bodies.accepted(rules.name, keys)
    if (isKept(rules)) return this.#keep(ref, pending, indexes, decision, now)
    // Adding tells whether an id is new, which also catches one content id twice in an envelope.
    const messages = indexes
      .filter((index) => seen.add(pending.keys[index]!))
      .map((index) => readableAt(pending, index))
    this.#finish(ref, pending, decision, now)
    journal.note(entry, { at: now, what: 'delivered' })
    emit({ type: 'deliver', messages })
  }

  #keep(ref: Ref, pending: Pending, indexes: readonly number[], decision: Decision, now: Millis): void {
    const { rules, body, bytes, ids, keys, from, wall, fetched } = pending
    const kept = uniqueByKey(indexes, keys)
    const via = fetched === undefined ? 'live' : 'history'
    const record = recordOf({ rules, body, bytes, ids, keys, kept, via, arrivedAt: wall, from })
    // With the end of the check its body goes.
    const messages = kept.map((index) => readableAt(pending, index))
    this.#finish(ref, pending, decision, now)
    // What waits for a message knows its id, and not its time, by which the store is ordered.
    if (rules.judged) for (const index of kept) this.#context.seen.add(keys[index]!)
    this.#context.keeper.keep(ref, { record, entry: pending.entry, messages }, now)
  }

  #finish(ref: Ref, pending: Pending, decision: Decision, now: Millis): void {
    this.#leave(ref, pending)
    this.waiting.forget(pending, decision)
    this.#close(pending, decision, now)
  }

  /** It is under check no more. */
  #leave(ref: Ref, pending: Pending): void {
    if (this.#pending.delete(ref)) this.waiting.leave(pending)
  }

  /** What its author signed is not wanted: all of it. */
  #turnAway(ref: Ref, pending: Pending, decision: Decision, now: Millis): void {
    this.#refuse(pending, decision, now)
    this.#finish(ref, pending, decision, now)
    this.waiting.deferral.refused(pending.rules, pending.keys, decision, now)
  }

  /** Remembers what a peer's store need not give again. */
  #refuse(offer: Offer & { readonly fetched?: Ref }, decision: Decision, now: Millis): void {
    if (offer.fetched !== undefined) this.#context.refusals.note(offer, decision, now)
  }

  #close(arrival: Arrival & Partial<Pending>, decision: Decision, now: Millis): void {
    close(this.#context, arrival, decision, this.waiting.has(arrival as Pending), now)
  }
}
