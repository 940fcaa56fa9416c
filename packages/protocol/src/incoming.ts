import type { AuthorDefinitions } from './author-definitions.ts'
import { equalBytes } from './bytes.ts'
import { Backlog } from './backlog.ts'
import { decodeEnvelope, signedBytes, type EnvelopeBody } from './envelope.ts'
import type { Action, Event, Judgement, Message, Millis, PeerId, Ref } from './event.ts'
import { messageIds, type Sha256 } from './id.ts'
import type { IdTable } from './id-table.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { decisionOf } from './judgement.ts'
import { RateLimit } from './rate-limit.ts'
import type { Registry } from './registry.ts'
import { seenKey } from './seen-key.ts'
import { encodeUtf8 } from './text.ts'
import { isContentId, type TopicRules } from './topic.ts'
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
  readonly authorDefinitions: AuthorDefinitions
  /** Whether an envelope that our key signed can be from us: from this life so far, or from an earlier one. */
  readonly isOwn: (topic: string, body: EnvelopeBody) => boolean
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** Cost of what is under check from one peer, in bytes of memory, before more is turned away as `overloaded`. */
  readonly pendingBytesPerPeerMax: number
  /** The same over all peers. */
  readonly pendingBytesMax: number
}

/** An author's clock may be this far ahead of ours, in µs; research/security.md row 24 and the architecture say why. */
const futureMaxUs = 120_000_000

/**
 * Memory of an envelope under check beside its bytes, and of each message in it: ids, the validator's message and its
 * promise. Without it 16 MiB of the smallest messages would cost over 1 GiB. Rough, from V8's object sizes.
 */
const pendingCost = { envelope: 1_500, message: 500 }

/** A quarter of a second: what a busy link and a batch under way can shift. A guess. */
const jitterSlack = 0.25

/** What came, and who brought it. */
interface Arrival {
  readonly rules: TopicRules
  readonly topic: string
  readonly from: PeerId
  readonly gossipId: string
  readonly entry: JournalEntry
}

/** What was read from it. */
interface Pending extends Arrival {
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

  received(event: Event & { type: 'received' }, now: Millis): void {
    const { registry, journal, emit } = this.#context
    const { topic, from, gossipId, bytes } = event
    const rules = registry.byWireName(topic)
    const entry = journal.open(rules?.name ?? topic, gossipId)
    journal.note(entry, { at: now, what: 'received', peer: from })
    if (rules === undefined) return this.#close({ topic, from, gossipId, entry }, decide('not-held'), now)

    const arrival: Arrival = { rules, topic, from, gossipId, entry }
    const read = rules.format === 'raw' ? readRaw(event) : readEnvelope(event)
    if ('verdict' in read) return this.#close(arrival, read, now)
    const { body, bodyBytes, signature } = read
    describe(entry, body)
    const signed = signedBytes(this.#context.networkId, rules.name, bodyBytes)
    const ids = this.#identify(rules, body, signed)
    if ('verdict' in ids) return this.#close(arrival, ids, now)
    journal.name(entry, ids)
    const keys = ids.map((id) => seenKey(this.#context.sha256, rules, id))
    if (keys.every((key) => this.#context.seen.has(key))) {
      journal.noteRepeat(ids, entry, { at: now, what: 'copy', peer: from })
      return this.#close(arrival, decide('duplicate'), now)
    }
    const cost = bytes.length + pendingCost.envelope + pendingCost.message * ids.length
    if (!this.#backlog.add(from, cost)) return this.#close(arrival, decide('overloaded'), now)

    const ref = this.#context.nextRef()
    const pending: Pending = { ...arrival, body, ids, keys, cost, asked: [] }
    this.#pending.set(ref, pending)
    if (signature === undefined) return this.#check(ref, pending, now)
    emit({ type: 'verify', ref, author: body.author, bytes: signed, signature })
  }

  verified(ref: Ref, valid: boolean, now: Millis): void {
    const pending = this.#pending.get(ref)
    if (pending === undefined) return
    const { rules, body, from } = pending
    if (!valid) return this.#finish(ref, pending, decide('bad-signature'), now)
    if (equalBytes(body.author, this.#context.author) && !this.#context.isOwn(rules.name, body)) {
      this.#context.emit({ type: 'impersonated', from, body })
      return this.#finish(ref, pending, decide('foreign'), now)
    }
    this.#context.authorDefinitions.note(rules.name, body.author, body.schema)
    this.#check(ref, pending, now)
  }

  judged(ref: Ref, judgements: readonly Judgement[], now: Millis): void {
    const pending = this.#pending.get(ref)
    if (pending === undefined) return
    const accepted: number[] = []
    let ignored: Decision | undefined
    for (const [position, index] of pending.asked.entries()) {
      const decision = decisionOf(judgements[position])
      if (decision.verdict === 'reject') return this.#finish(ref, pending, blame(pending, decision), now)
      if (decision.verdict === 'accept') accepted.push(index)
      else ignored ??= decision
    }
    // A copy inside another envelope may have been accepted while the validator was at work.
    const fresh = accepted.filter((index) => !this.#context.seen.has(pending.keys[index]!))
    if (fresh.length === 0) return this.#finish(ref, pending, ignored ?? decide('duplicate'), now)
    this.#accept(ref, pending, fresh, now)
  }

  copied(gossipId: string, from: PeerId, now: Millis): void {
    const entry = this.#context.journal.entry(gossipId)
    if (entry !== undefined) this.#context.journal.note(entry, { at: now, what: 'copy', peer: from })
  }

  /** The rules, once the author is known to be who the envelope says. */
  #check(ref: Ref, pending: Pending, now: Millis): void {
    const { rules, body, from } = pending
    const wrong = violation(rules, body)
    if (wrong !== undefined) return this.#finish(ref, pending, blame(pending, wrong), now)
    const fresh = [...pending.keys.keys()].filter((index) => !this.#context.seen.has(pending.keys[index]!))
    if (fresh.length === 0) return this.#finish(ref, pending, decide('duplicate'), now)
    const sender = rules.format === 'raw' ? encodeUtf8(from) : body.author
    if (!this.#rates.allow(rules, sender, fresh.length, now)) {
      return this.#finish(ref, pending, decide('rate-limit', `${rules.authorRateMax} a second`), now)
    }
    if (!rules.judged) return this.#accept(ref, pending, fresh, now)
    pending.asked = fresh
    const messages = fresh.map((index) => messageAt(pending, index))
    this.#context.emit({ type: 'judge', ref, topic: rules.name, messages })
  }

  #identify(rules: TopicRules, body: EnvelopeBody, signed: Uint8Array): readonly Uint8Array[] | Decision {
    const { contentId } = rules
    if (contentId === undefined) return messageIds(this.#context.sha256, signed, body.messages.length)
    const ids: Uint8Array[] = []
    try {
      for (const payload of body.messages) {
        const id = contentId(payload, body.author)
        if (id === undefined) return blame({ rules, body }, decide('bad-schema', 'it has no id under the topic rule'))
        if (!isContentId(id)) return decide('validator-failed', 'the message id rule gave no id')
        ids.push(id)
      }
    } catch {
      return decide('validator-failed', 'the message id rule failed')
    }
    return ids
  }

  #accept(ref: Ref, pending: Pending, indexes: readonly number[], now: Millis): void {
    const { seen, journal, emit } = this.#context
    journal.accept(pending.entry, pending.ids)
    // Adding tells whether an id is new, which also catches one content id twice in an envelope.
    const messages = indexes.filter((index) => seen.add(pending.keys[index]!)).map((index) => messageAt(pending, index))
    this.#finish(ref, pending, decide('valid'), now)
    journal.note(pending.entry, { at: now, what: 'delivered' })
    emit({ type: 'deliver', messages })
  }

  #finish(ref: Ref, pending: Pending, decision: Decision, now: Millis): void {
    this.#pending.delete(ref)
    this.#backlog.remove(pending.from, pending.cost)
    this.#close(pending, decision, now)
  }

  #close(arrival: Omit<Arrival, 'rules'>, decision: Decision, now: Millis): void {
    const { topic, from, gossipId, entry } = arrival
    this.#context.journal.note(entry, { at: now, what: 'verdict', ...decision })
    this.#context.emit({ type: 'verdict', topic, gossipId, from, decision })
  }
}

interface Reading {
  readonly body: EnvelopeBody
  readonly bodyBytes: Uint8Array
  /** Absent where nobody signs. */
  readonly signature?: Uint8Array
}

function readEnvelope({ bytes, wall }: Event & { type: 'received' }): Reading | Decision {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) return decide(decoded.reason, decoded.detail)
  const { time } = decoded.envelope.body
  if (time <= wall + futureMaxUs) return decoded.envelope
  return decide('future', `${Math.round((time - wall) / 1e6)} s ahead`)
}

const nobody = new Uint8Array()

/** A raw payload as if it came in an envelope of nobody: what it cannot say is empty or zero. */
const readRaw = ({ bytes, wall }: Event & { type: 'received' }): Reading => ({
  body: { author: nobody, epoch: 0, sequence: 0, time: wall, parents: [], messages: [bytes] },
  bodyBytes: bytes,
})

function violation(rules: TopicRules, body: EnvelopeBody): Decision | undefined {
  try {
    for (const payload of body.messages) {
      if (payload.length > rules.messageBytesMax) {
        return decide('oversize', `${payload.length} bytes, the topic allows ${rules.messageBytesMax}`)
      }
      const wrong = rules.check?.(payload)
      if (wrong !== undefined) return decide('bad-schema', wrong)
    }
    return undefined
  } catch {
    return decide('validator-failed', 'the schema check failed')
  }
}

/** Who goes by another definition of the topic did not break a rule that it knew of. */
function blame({ rules, body }: Pick<Pending, 'rules' | 'body'>, decision: Decision): Decision {
  if (decision.verdict !== 'reject' || rules.format === 'raw') return decision
  const { schema } = body
  const isSame =
    rules.schemaId === undefined ? schema === undefined : schema !== undefined && equalBytes(schema, rules.schemaId)
  return isSame ? decision : decide('other-definition', decision.detail ?? decision.reason)
}

function describe(entry: JournalEntry, body: EnvelopeBody): void {
  if (body.author.length > 0) {
    entry.author ??= body.author.slice()
    entry.epoch = body.epoch
    entry.firstSequence = body.sequence
  }
  entry.time = body.time
}

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
