import { equalBytes } from './bytes.ts'
import { decodeEnvelope, signedBytes, type EnvelopeBody } from './envelope.ts'
import type { Action, Event, Judgement, Message, Millis, PeerId, Ref } from './event.ts'
import { messageIds, type Sha256 } from './id.ts'
import type { IdTable } from './id-table.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { RateLimit } from './rate-limit.ts'
import type { Registry } from './registry.ts'
import type { TopicRules } from './topic.ts'
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
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** Bytes under check from one peer before more is turned away as `overloaded`. */
  readonly pendingBytesPerPeerMax: number
  /** The same over all peers. */
  readonly pendingBytesMax: number
}

/** An author's clock may be this far ahead of ours, in µs; research/security.md row 24 and the architecture say why. */
const futureMaxUs = 120_000_000

interface Pending {
  readonly rules: TopicRules
  readonly topic: string
  readonly from: PeerId
  readonly gossipId: string
  readonly entry: JournalEntry
  readonly body: EnvelopeBody
  readonly ids: readonly Uint8Array[]
  readonly bytes: number
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
  readonly #bytesByPeer = new Map<PeerId, number>()
  readonly #rates = new RateLimit()
  #bytes = 0

  constructor(context: IncomingContext) {
    this.#context = context
  }

  /** Bytes of envelopes whose verdict is still open. */
  get pendingBytes(): number {
    return this.#bytes
  }

  received(event: Event & { type: 'received' }, now: Millis): void {
    const { registry, journal } = this.#context
    const { topic: wireName, from, gossipId, bytes } = event
    const rules = registry.byWireName(wireName)
    const topic = rules?.name ?? wireName
    const entry = journal.open(topic, gossipId)
    journal.note(entry, { at: now, what: 'received', peer: from })
    const close = (decision: Decision): void => this.#close({ topic: wireName, from, gossipId, entry }, decision, now)

    if (rules === undefined) return close(decide('not-held'))
    const decoded = decodeEnvelope(bytes)
    if (!decoded.ok) return close(decide(decoded.reason, decoded.detail))
    const { body, bodyBytes, signature } = decoded.envelope
    describe(entry, body)
    if (body.time > event.wall + futureMaxUs) return close(decide('future', `${aheadSeconds(body, event.wall)} s ahead`))
    for (const payload of body.messages) {
      if (payload.length > rules.messageBytesMax) {
        return close(decide('oversize', `${payload.length} bytes, the topic allows ${rules.messageBytesMax}`))
      }
    }

    const signed = signedBytes(this.#context.networkId, rules.name, bodyBytes)
    const ids = this.#identify(rules, body, signed)
    if (ids === undefined) return close(decide('validator-failed', 'the message id rule failed'))
    journal.name(entry, ids)
    if (!ids.some((id) => !this.#context.seen.has(id))) {
      for (const id of ids) journal.noteRepeat(id, { at: now, what: 'copy', peer: from })
      return close(decide('duplicate'))
    }
    if (!this.#admit(from, bytes.length)) return close(decide('overloaded'))

    const ref = this.#context.nextRef()
    const pending: Pending = { rules, topic: wireName, from, gossipId, entry, body, ids, bytes: bytes.length, asked: [] }
    this.#pending.set(ref, pending)
    this.#context.emit({ type: 'verify', ref, author: body.author, bytes: signed, signature })
  }

  verified(ref: Ref, valid: boolean, now: Millis): void {
    const pending = this.#pending.get(ref)
    if (pending === undefined) return
    const { rules, body, from } = pending
    if (!valid) return this.#finish(ref, pending, decide('bad-signature'), now)
    if (equalBytes(body.author, this.#context.author)) {
      this.#context.emit({ type: 'impersonated', from, body })
      return this.#finish(ref, pending, decide('foreign'), now)
    }
    const wrong = this.#violation(rules, body)
    if (wrong !== undefined) return this.#finish(ref, pending, wrong, now)
    const fresh = this.#fresh(pending)
    if (fresh.length === 0) return this.#finish(ref, pending, decide('duplicate'), now)
    if (!this.#rates.allow(rules, body.author, fresh.length, now)) {
      return this.#finish(ref, pending, decide('rate-limit', `${rules.authorRateMax} a second`), now)
    }
    if (!rules.judged) return this.#accept(ref, pending, fresh, now)
    pending.asked = fresh
    this.#context.emit({ type: 'judge', ref, topic: rules.name, messages: fresh.map((index) => messageAt(pending, index)) })
  }

  judged(ref: Ref, judgements: readonly Judgement[], now: Millis): void {
    const pending = this.#pending.get(ref)
    if (pending === undefined) return
    const accepted: number[] = []
    let ignored: Decision | undefined
    for (const [position, index] of pending.asked.entries()) {
      const decision = decisionOf(judgements[position])
      if (decision.verdict === 'reject') return this.#finish(ref, pending, decision, now)
      if (decision.verdict === 'accept') accepted.push(index)
      else ignored ??= decision
    }
    // A copy inside another envelope may have been accepted while the validator was at work.
    const fresh = accepted.filter((index) => !this.#context.seen.has(pending.ids[index]!))
    if (fresh.length === 0) return this.#finish(ref, pending, ignored ?? decide('duplicate'), now)
    this.#accept(ref, pending, fresh, now)
  }

  copied(gossipId: string, from: PeerId, now: Millis): void {
    const entry = this.#context.journal.entry(gossipId)
    if (entry !== undefined) this.#context.journal.note(entry, { at: now, what: 'copy', peer: from })
  }

  #identify(rules: TopicRules, body: EnvelopeBody, signed: Uint8Array): readonly Uint8Array[] | undefined {
    const { contentId } = rules
    if (contentId === undefined) return messageIds(this.#context.sha256, signed, body.messages.length)
    try {
      return body.messages.map((payload) => contentId(payload, body.author))
    } catch {
      return undefined
    }
  }

  #violation(rules: TopicRules, body: EnvelopeBody): Decision | undefined {
    if (rules.check === undefined) return undefined
    try {
      for (const payload of body.messages) {
        const wrong = rules.check(payload)
        if (wrong !== undefined) return decide('bad-schema', wrong)
      }
      return undefined
    } catch {
      return decide('validator-failed', 'the schema check failed')
    }
  }

  /** Indexes of messages that are not known yet, each id once. */
  #fresh(pending: Pending): number[] {
    const indexes: number[] = []
    for (let index = 0; index < pending.ids.length; index++) {
      if (!this.#context.seen.has(pending.ids[index]!)) indexes.push(index)
    }
    return indexes
  }

  #admit(from: PeerId, bytes: number): boolean {
    const ofPeer = (this.#bytesByPeer.get(from) ?? 0) + bytes
    if (ofPeer > this.#context.pendingBytesPerPeerMax || this.#bytes + bytes > this.#context.pendingBytesMax) return false
    this.#bytesByPeer.set(from, ofPeer)
    this.#bytes += bytes
    return true
  }

  #accept(ref: Ref, pending: Pending, indexes: readonly number[], now: Millis): void {
    const { seen, journal, emit } = this.#context
    journal.accept(pending.entry, pending.ids)
    // Adding tells whether an id is new, which also catches one content id twice in an envelope.
    const messages = indexes.filter((index) => seen.add(pending.ids[index]!)).map((index) => messageAt(pending, index))
    this.#finish(ref, pending, decide('valid'), now)
    journal.note(pending.entry, { at: now, what: 'delivered' })
    emit({ type: 'deliver', messages })
  }

  #finish(ref: Ref, pending: Pending, decision: Decision, now: Millis): void {
    this.#pending.delete(ref)
    this.#bytes -= pending.bytes
    const left = (this.#bytesByPeer.get(pending.from) ?? 0) - pending.bytes
    if (left > 0) this.#bytesByPeer.set(pending.from, left)
    else this.#bytesByPeer.delete(pending.from)
    this.#close(pending, decision, now)
  }

  #close(
    envelope: { topic: string; from: PeerId; gossipId: string; entry: JournalEntry },
    decision: Decision,
    now: Millis,
  ): void {
    const { topic, from, gossipId, entry } = envelope
    this.#context.journal.note(entry, { at: now, what: 'verdict', ...decision })
    this.#context.emit({ type: 'verdict', topic, gossipId, from, decision })
  }
}

function describe(entry: JournalEntry, body: EnvelopeBody): void {
  entry.author = body.author
  entry.epoch = body.epoch
  entry.firstSequence = body.sequence
  entry.time = body.time
}

const aheadSeconds = (body: EnvelopeBody, wall: number): number => Math.round((body.time - wall) / 1e6)

function messageAt(pending: Pending, index: number): Message {
  const { body, rules, from } = pending
  return {
    id: pending.ids[index]!,
    topic: rules.name,
    author: body.author,
    from,
    epoch: body.epoch,
    sequence: body.sequence + index,
    time: body.time,
    payload: body.messages[index]!,
  }
}

function decisionOf(judgement: Judgement | undefined): Decision {
  if (judgement === undefined || judgement.failed === 'error') return decide('validator-failed', judgement?.reason)
  if (judgement.failed === 'timeout') return decide('validator-timeout', judgement.reason)
  switch (judgement.verdict) {
    case 'accept':
      return decide('valid')
    case 'reject':
      return decide('rule-rejected', judgement.reason)
    case 'defer':
      return decide('defer-unsupported', judgement.reason)
    default:
      return decide('rule-ignored', judgement.reason)
  }
}
