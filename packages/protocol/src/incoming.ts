import type { AuthorDefinitions } from './author-definitions.ts'
import { equalBytes, toHex } from './bytes.ts'
import { Backlog, pendingCost } from './backlog.ts'
import { messageOf } from './body-message.ts'
import { signedBytes, type EnvelopeBody } from './envelope.ts'
import type { Action, Event, Judgement, Message, Millis, PeerId, Ref } from './event.ts'
import { gossipId as gossipIdOf, type Sha256 } from './id.ts'
import type { IdTable } from './id-table.ts'
import { identify } from './identify.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { decisionOf } from './judgement.ts'
import type { KeyList } from './reconcile/key.ts'
import { RateLimit } from './rate-limit.ts'
import { blame, describe, readBytes, violation } from './reading.ts'
import type { Registry } from './registry.ts'
import { seenKey } from './seen-key.ts'
import type { Signed } from './signed.ts'
import type { Holdings } from './store/holdings.ts'
import type { Keeper } from './store/keeper.ts'
import type { Offer, Refusals } from './store/refusals.ts'
import { holdsAll, keyTimeOf, recordOf, uniqueByKey } from './store/record.ts'
import { encodeUtf8 } from './text.ts'
import { isKept, type TopicRules } from './topic.ts'
import { decide, type Decision } from './verdict.ts'

/** What the incoming part needs of its machine. */
export interface IncomingContext {
  readonly sha256: Sha256
  readonly networkId: Uint8Array
  /** Our own public key, 32 bytes. */
  readonly author: Uint8Array
  readonly registry: Registry
  readonly seen: IdTable
  readonly journal: Journal
  readonly holdings: Holdings
  readonly keeper: Keeper
  readonly refusals: Refusals
  readonly authorDefinitions: AuthorDefinitions
  /** Whether an envelope that our key signed can be from us: from this life so far, or from an earlier one. */
  readonly isOwn: (topic: string, body: EnvelopeBody, isFromStore: boolean, seqno?: bigint) => boolean
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** What a store gave is under check: the keys of all its messages, of which more may have been wanted. */
  readonly onIngesting: (ref: Ref, keyTime: number, keys: readonly Uint8Array[]) => void
  /** What a store gave was judged; without a decision it is not what was asked for. */
  readonly onIngested: (ref: Ref, decision: Decision | undefined, now: Millis) => void
  /** Cost of what is under check from one peer, in bytes of memory, before more is turned away as `overloaded`. */
  readonly pendingBytesPerPeerMax: number
  /** The same over all peers. */
  readonly pendingBytesMax: number
}

/** A quarter of a second: what a busy link and a batch under way can shift. A guess. */
const jitterSlack = 0.25

/** What came, and who brought it. */
interface Arrival {
  /** As it stands on the wire. */
  readonly topic: string
  readonly from: PeerId
  readonly gossipId: string
  readonly entry: JournalEntry
  readonly wall: number
  /** What gossip knows of it, where gossip signs. */
  readonly signed?: Signed | undefined
  /** What a store gave: it is checked like live traffic, but gossip has no part in it. */
  readonly fetched?: Ref
  /** What was asked for; it must be in there. */
  readonly expected?: KeyList | undefined
}

/** What was read from it. */
interface Pending extends Arrival {
  readonly rules: TopicRules
  readonly bytes: Uint8Array
  readonly body: EnvelopeBody
  readonly ids: readonly Uint8Array[]
  /** Keys of the ids in the seen table. */
  readonly keys: readonly Uint8Array[]
  /** In bytes of memory. */
  readonly cost: number
  /** Messages that were put to the validator, by index; set once the signature is known to be good. */
  asked: readonly number[]
}

/**
 * The way of an envelope from gossip to its readers: decode, dedup, verify, judge, accept. Dedup comes before verify,
 * so a copy never costs a signature check; ids enter the seen table only on accept, so junk never suppresses the honest.
 */
export class Incoming {
  readonly #context: IncomingContext
  readonly #pending = new Map<Ref, Pending>()
  readonly #backlog: Backlog
  readonly #rates = new RateLimit(jitterSlack)

  constructor(context: IncomingContext) {
    this.#context = context
    this.#backlog = new Backlog({
      ofPeerMax: context.pendingBytesPerPeerMax,
      totalMax: context.pendingBytesMax,
      onPause: (peer) => context.emit({ type: 'pause', peer }),
      onResume: (peer) => context.emit({ type: 'resume', peer }),
    })
  }

  /** What envelopes cost whose verdict is still open, in bytes of memory. */
  get pendingBytes(): number {
    return this.#backlog.total
  }

  /** The same of what one peer brought. */
  pendingBytesOf(peer: PeerId): number {
    return this.#backlog.of(peer)
  }

  received({ topic, from, gossipId, bytes, wall, signed }: Event & { type: 'received' }, now: Millis): void {
    const { registry, journal } = this.#context
    const rules = registry.byWireName(topic)
    const entry = journal.open(rules?.name ?? topic, gossipId)
    journal.note(entry, { at: now, what: 'received', peer: from })
    this.#take(rules, bytes, { topic, from, gossipId, entry, wall, signed }, now)
  }

  /** A peer's store gave what we asked it for; ends in an `ingested` action. */
  fetched({ ref, topic, from, bytes, wall }: Event & { type: 'fetched' }, now: Millis, expected?: KeyList): void {
    const { registry, journal, sha256 } = this.#context
    const rules = registry.byName(topic)
    const wireName = rules?.wireName ?? topic
    const id = toHex(gossipIdOf(sha256, wireName, bytes))
    const entry = journal.open(topic, id)
    journal.note(entry, { at: now, what: 'fetched', peer: from })
    this.#take(rules, bytes, { topic: wireName, from, gossipId: id, entry, wall, fetched: ref, expected }, now)
  }

  #take(rules: TopicRules | undefined, bytes: Uint8Array, arrival: Arrival, now: Millis): void {
    const { journal, holdings, emit } = this.#context
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
    if (arrival.expected !== undefined && !holdsAll(keys, keyTimeOf(rules, body.time), arrival.expected)) {
      return this.#context.onIngested(arrival.fetched!, undefined, now)
    }
    if (keys.every((key) => this.#isKnown(rules, body, key))) {
      journal.noteRepeat(ids, entry, { at: now, what: 'copy', peer: from })
      return this.#close(arrival, decide('duplicate'), now)
    }
    if (isKept(rules) && holdings.isExpired(rules.name, body.author, body.time)) {
      this.#refuse({ ...arrival, rules, keys }, decide('expired'), now)
      return this.#close(arrival, decide('expired'), now)
    }
    const cost = bytes.length + pendingCost.envelope + pendingCost.message * ids.length
    if (!this.#backlog.add(from, cost)) return this.#close(arrival, decide('overloaded'), now)

    const ref = this.#context.nextRef()
    const pending: Pending = { ...arrival, rules, bytes, body, ids, keys, cost, asked: [] }
    this.#pending.set(ref, pending)
    if (arrival.fetched !== undefined) {
      this.#context.onIngesting(arrival.fetched, keyTimeOf(rules, body.time), keys)
    }
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
    const accepted: number[] = []
    let ignored: Decision | undefined
    for (const [position, index] of pending.asked.entries()) {
      const decision = decisionOf(judgements[position])
      if (decision.verdict === 'reject')
        return this.#turnAway(ref, pending, blame(pending.rules, pending.body, decision), now)
      if (decision.verdict === 'accept') accepted.push(index)
      else {
        ignored ??= decision
        this.#refuse({ ...pending, keys: [pending.keys[index]!] }, decision, now)
      }
    }
    // A copy inside another envelope may have been accepted while the validator was at work.
    const fresh = accepted.filter((index) => !this.#isKnown(pending.rules, pending.body, pending.keys[index]!))
    if (fresh.length === 0) return this.#finish(ref, pending, ignored ?? decide('duplicate'), now)
    this.#accept(ref, pending, fresh, now)
  }

  copied(gossipId: string, from: PeerId, now: Millis): void {
    const entry = this.#context.journal.entry(gossipId)
    if (entry !== undefined) this.#context.journal.note(entry, { at: now, what: 'copy', peer: from })
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
    if (!rules.judged) return this.#accept(ref, pending, fresh, now)
    pending.asked = fresh
    const messages = fresh.map((index) => messageAt(pending, index))
    this.#context.emit({ type: 'judge', ref, topic: rules.name, messages })
  }

  #isKnown(rules: TopicRules, body: EnvelopeBody, key: Uint8Array): boolean {
    const { seen, holdings } = this.#context
    return isKept(rules) ? holdings.has(rules.name, keyTimeOf(rules, body.time), key) : seen.has(key)
  }

  #accept(ref: Ref, pending: Pending, indexes: readonly number[], now: Millis): void {
    const { seen, journal, refusals, emit } = this.#context
    const { rules, entry } = pending
    journal.accept(entry, pending.ids)
    if (refusals.size > 0) {
      const keys = indexes.map((index) => pending.keys[index]!)
      refusals.accepted(rules.name, keys)
    }
    if (isKept(rules)) return this.#keep(ref, pending, indexes, now)
    // Adding tells whether an id is new, which also catches one content id twice in an envelope.
    const messages = indexes.filter((index) => seen.add(pending.keys[index]!)).map((index) => messageAt(pending, index))
    this.#finish(ref, pending, decide('valid'), now)
    journal.note(entry, { at: now, what: 'delivered' })
    emit({ type: 'deliver', messages })
  }

  #keep(ref: Ref, pending: Pending, indexes: readonly number[], now: Millis): void {
    const { rules, body, bytes, ids, keys, from, wall, fetched } = pending
    const kept = uniqueByKey(indexes, keys)
    const via = fetched === undefined ? 'live' : 'history'
    const record = recordOf({ rules, body, bytes, ids, keys, kept, via, arrivedAt: wall, from })
    this.#finish(ref, pending, decide('valid'), now)
    const messages = kept.map((index) => messageAt(pending, index))
    this.#context.keeper.keep(ref, { record, entry: pending.entry, messages }, now)
  }

  #finish(ref: Ref, pending: Pending, decision: Decision, now: Millis): void {
    this.#pending.delete(ref)
    this.#backlog.remove(pending.from, pending.cost)
    this.#close(pending, decision, now)
  }

  /** What its author signed is not wanted: all of it. */
  #turnAway(ref: Ref, pending: Pending, decision: Decision, now: Millis): void {
    this.#refuse(pending, decision, now)
    this.#finish(ref, pending, decision, now)
  }

  /** Remembers what a peer's store need not give again. */
  #refuse(offer: Offer & { readonly fetched?: Ref }, decision: Decision, now: Millis): void {
    if (offer.fetched !== undefined) this.#context.refusals.note(offer, decision, now)
  }

  #close(arrival: Arrival, decision: Decision, now: Millis): void {
    const { topic, from, gossipId, entry, fetched } = arrival
    this.#context.journal.note(entry, { at: now, what: 'verdict', ...decision })
    if (fetched === undefined) this.#context.emit({ type: 'verdict', topic, gossipId, from, decision })
    else {
      this.#context.emit({ type: 'ingested', ref: fetched, from, decision })
      this.#context.onIngested(fetched, decision, now)
    }
  }
}

const messageAt = ({ body, rules, from, ids, signed }: Pending, index: number): Message => ({
  ...messageOf(body, index, { topic: rules.name, ids, seqno: signed?.seqno }),
  from,
})
