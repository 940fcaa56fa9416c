import { messageOf, withBody } from './body-message.ts'
import { toHex } from './bytes.ts'
import { encodeBody, encodeEnvelope, signedBytes, type EnvelopeBody } from './envelope.ts'
import type { Event, Judgement, Millis, Ref } from './event.ts'
import { gossipId, messageIds } from './id.ts'
import { contentIds, hasId, headerOf, sizeOf, takeBatch, type Draft, type Flight, type Queue } from './draft-queue.ts'
import { checkOwn, refusalOf, type Refusal } from './own-check.ts'
import { draftOf, isFetched, OwnBodies } from './own-bodies.ts'
import type { OutgoingContext } from './outgoing-context.ts'
import { isOurs, ownStoreRecord, recordOwn } from './own-record.ts'
import { RateLimit } from './rate-limit.ts'
import { seenKey } from './seen-key.ts'
import { signedMessageId } from './signed.ts'
import { keyTimeOf } from './store/record.ts'
import { isKept, isSingle, type TopicRules } from './topic.ts'

/** Envelopes of one topic between `sign` and `gossiped`, the disk in between. More would only fill the link's buffer. */
const flightsMax = 8

/**
 * The way of our own messages to gossip. A batch is what gathered while the previous one was being signed, kept and sent:
 * a lone message leaves at once, a flood fills envelopes. On a lossless topic nothing leaves before it is on disk.
 */
export class Outgoing {
  readonly #context: OutgoingContext
  readonly #queues = new Map<string, Queue>()
  readonly #flights = new Map<Ref, Flight>()
  readonly #judging = new Map<Ref, { queue: Queue; draft: Draft }>()
  /** Content that is known, but that a crash could still take: answered when it is on disk. */
  #echoes: { readonly queue: Queue; readonly draft: Draft }[] = []
  readonly #rates = new RateLimit()
  readonly #bodies: OwnBodies

  constructor(context: OutgoingContext) {
    this.#context = context
    this.#bodies = new OwnBodies(context)
  }

  publish(event: Event & { type: 'publish' }, now: Millis): void {
    const { ref, topic, payload, parents = [] } = event
    const refuse = (code: Refusal['code'], detail: string): void =>
      this.#context.emit({ type: 'refused', ref, code, detail })
    const rules = this.#context.registry.byName(topic)
    if (rules === undefined) return refuse('not-held', `topic ${topic} is not held`)
    const checked = checkOwn(rules, { payload, parents, author: this.#context.author })
    if ('code' in checked) return refuse(checked.code, checked.detail)
    const { contentId } = checked
    if (contentId !== undefined && this.#knowledge(rules, contentId) === 'sure')
      return this.#context.emit({ type: 'published', ref, id: contentId, peers: 0, duplicate: true })
    const queue = this.#queue(rules)
    const whole = draftOf(event, contentId)
    const isLarge = isFetched(rules, payload)
    const hasRoom = isLarge
      ? this.#bodies.hasRoom(payload.length)
      : queue.bytes + sizeOf(whole) <= this.#context.queueBytesMax
    if (!hasRoom) return refuse('overloaded', `${queue.bytes} bytes are waiting already`)
    // Every other node would ignore it, and nobody would tell the caller.
    if (!this.#rates.allow(rules, this.#context.author, 1, now))
      return refuse('overloaded', `the topic allows ${rules.authorRateMax} a second from one author`)
    const draft = isLarge ? this.#bodies.save(queue, whole) : whole
    queue.bytes += sizeOf(draft)
    if (draft === whole) this.#prepared(queue, draft, draft.payload, now)
  }

  /** A body of ours is on disk, or will not be. */
  bodySaved(event: Event & { type: 'bodySaved' }, now: Millis): void {
    const own = this.#bodies.saved(event)
    if (own === undefined) return
    const { queue, draft, body } = own
    if (event.failure === undefined) return this.#prepared(queue, draft, body, now)
    this.#bodies.left(queue, draft)
    this.#context.emit({ type: 'refused', ref: draft.ref, code: 'disk', detail: event.failure })
  }

  #prepared(queue: Queue, draft: Draft, payload: Uint8Array, now: Millis): void {
    if (queue.rules.judged) this.#judge(queue, draft, payload)
    else this.#enqueue(queue, draft, now)
  }

  #enqueue(queue: Queue, draft: Draft, now: Millis): void {
    queue.drafts.push(draft)
    this.#flush(queue, now)
  }

  judged(ref: Ref, judgements: readonly Judgement[], now: Millis): void {
    const waiting = this.#judging.get(ref)
    if (waiting === undefined) return
    this.#judging.delete(ref)
    const { queue, draft } = waiting
    if (judgements[0]?.verdict === 'accept') return this.#enqueue(queue, draft, now)
    this.#bodies.refused(queue, draft)
    this.#context.emit({ type: 'refused', ref: draft.ref, ...refusalOf(judgements[0]) })
  }

  signed(ref: Ref, signature: Uint8Array, now: Millis): void {
    const flight = this.#flights.get(ref)
    if (flight !== undefined) this.#launch(ref, flight, encodeEnvelope(flight.bodyBytes, signature), now)
  }

  /** What was to be kept is on disk, or will not be: then nobody hears of it. */
  stored(event: Event & { type: 'stored' }, now: Millis): void {
    this.#kept(event, now)
    const echoes = this.#echoes
    this.#echoes = []
    for (const { queue, draft } of echoes) this.#enqueue(queue, draft, now)
  }

  #kept({ ref, arrival, failure = 'disk', detail }: Event & { type: 'stored' }, now: Millis): void {
    const flight = this.#flights.get(ref)
    if (flight?.bytes === undefined) return
    if (arrival !== undefined) return this.#gossip(ref, flight, flight.bytes)
    this.#flights.delete(ref)
    const { queue, drafts, body } = flight
    queue.flights--
    // Nobody saw these numbers; the others would wait for them for ever.
    if (queue.sequence === body.sequence + drafts.length) queue.sequence = body.sequence
    const code = failure === 'duplicate' ? 'rejected' : failure
    for (const draft of drafts) {
      this.#bodies.refused(queue, draft)
      this.#context.emit({ type: 'refused', ref: draft.ref, code, detail: detail ?? 'it could not be kept' })
    }
    this.#flush(queue, now)
  }

  /** Gossip has signed a message of ours: its id is known now, and not before. */
  named({ ref, gossipId: id, seqno }: Event & { type: 'named' }, now: Millis): void {
    const { sha256, seen, journal, emit } = this.#context
    const flight = this.#flights.get(ref)
    if (flight === undefined) return
    if (flight.ids.length === 0) {
      flight.ids = [signedMessageId(sha256, id)]
      seen.add(flight.ids[0]!)
    }
    const { queue, body, ids } = flight
    const { entry, messages } = recordOwn(journal, { rules: queue.rules, body, ids, gossipId: id, seqno }, now)
    journal.note(entry, { at: now, what: 'delivered' })
    emit({ type: 'deliver', messages })
  }

  gossiped(ref: Ref, peers: number, now: Millis): void {
    const flight = this.#flights.get(ref)
    if (flight === undefined) return
    this.#flights.delete(ref)
    const { queue, drafts, ids } = flight
    queue.flights--
    for (const [index, draft] of drafts.entries()) {
      this.#bodies.left(queue, draft)
      const id = ids[index]
      if (id !== undefined) this.#context.emit({ type: 'published', ref: draft.ref, id, peers, duplicate: false })
      else this.#context.emit({ type: 'refused', ref: draft.ref, code: 'rejected', detail: 'gossip did not sign it' })
    }
    this.#flush(queue, now)
  }

  /** The topic went: what waits for its turn or for the validator is refused; what is on its way still leaves. */
  released(topic: string): void {
    const queue = this.#queues.get(topic)
    if (queue === undefined) return
    const waiting = [...queue.drafts]
    for (const [ref, judging] of this.#judging) {
      if (judging.queue !== queue) continue
      this.#judging.delete(ref)
      waiting.push(judging.draft)
    }
    queue.drafts = []
    waiting.push(...this.#bodies.released(queue))
    waiting.push(...this.#echoes.filter((echo) => echo.queue === queue).map(({ draft }) => draft))
    this.#echoes = this.#echoes.filter((echo) => echo.queue !== queue)
    for (const draft of waiting) {
      this.#bodies.left(queue, draft)
      this.#context.emit({ type: 'refused', ref: draft.ref, code: 'not-held', detail: `topic ${topic} was released` })
    }
  }

  /** Whether an envelope that our key signed can be ours, though its messages are not known (any more). */
  isOwn(topic: string, body: EnvelopeBody, isFromStore: boolean, seqno?: bigint): boolean {
    const next = this.#queues.get(topic)?.sequence ?? 1
    return isOurs(body, { epoch: this.#context.epoch, next, isFromStore, seqno })
  }

  /** Hands the wire bytes to the store or to gossip, and the messages to our own readers. */
  #launch(ref: Ref, flight: Flight, bytes: Uint8Array, now: Millis): void {
    const { journal, emit, keeper } = this.#context
    const { queue, body, ids, drafts } = flight
    const { rules } = queue
    flight.bytes = bytes
    const { entry, ...own } = recordOwn(journal, { rules, body, ids, gossipId: this.#gossipId(rules, bytes) }, now)
    const messages = own.messages.map((message, index) => withBody(message, drafts[index]?.body))
    if (isKept(rules)) {
      const record = ownStoreRecord(this.#context.sha256, { rules, body, bytes, ids })
      keeper.keep(ref, { record, entry, messages }, now)
      return
    }
    this.#gossip(ref, flight, bytes)
    journal.note(entry, { at: now, what: 'delivered' })
    emit({ type: 'deliver', messages })
  }

  #gossip(ref: Ref, { queue: { rules }, ids }: Flight, bytes: Uint8Array): void {
    const { sha256, onAccepted } = this.#context
    const id = this.#gossipId(rules, bytes)
    onAccepted(
      rules.name,
      ids.map((own) => seenKey(sha256, rules, own)),
    )
    this.#context.emit({ type: 'gossip', ref, topic: rules.wireName, gossipId: id, bytes })
  }

  #gossipId(rules: TopicRules, bytes: Uint8Array): string {
    return toHex(gossipId(this.#context.sha256, rules.wireName, bytes))
  }

  /** Whether content is known, and if so whether it is on disk where it is to be kept. */
  #knowledge(rules: TopicRules, id: Uint8Array): 'none' | 'unsure' | 'sure' {
    const { seen, holdings, keeper, sha256 } = this.#context
    const key = seenKey(sha256, rules, id)
    if (!isKept(rules)) return seen.has(key) ? 'sure' : 'none'
    if (!holdings.has(rules.name, keyTimeOf(rules, 0), key)) return 'none'
    const isUnsigned = [...this.#flights.values()].some(
      ({ bytes, queue, ids }) => bytes === undefined && queue.rules.name === rules.name && hasId(ids, id),
    )
    return isUnsigned || keeper.isWaiting(rules.name, key) ? 'unsure' : 'sure'
  }

  #queue(rules: TopicRules): Queue {
    let queue = this.#queues.get(rules.name)
    if (queue === undefined) {
      queue = { rules, drafts: [], bytes: 0, flights: 0, sequence: 1 }
      this.#queues.set(rules.name, queue)
    }
    queue.rules = rules
    return queue
  }

  #judge(queue: Queue, draft: Draft, payload: Uint8Array): void {
    const ref = this.#context.nextRef()
    this.#judging.set(ref, { queue, draft })
    const { author, epoch } = this.#context
    const { contentId: id = new Uint8Array(), time, parents } = draft
    // A validator sees our own message as others will; the signed id does not exist yet, so it sees an empty one.
    const body = { author, epoch, sequence: queue.sequence, time, parents, messages: [payload] }
    const message = messageOf(body, 0, { topic: queue.rules.name, ids: [id] })
    this.#context.emit({ type: 'judge', ref, topic: queue.rules.name, messages: [message] })
  }

  #flush(queue: Queue, now: Millis): void {
    const single = isSingle(queue.rules) || this.#context.batchMax === 1
    // Envelopes with one message each have nothing to gain from waiting; a batch gathers while one is on its way.
    const flights = single ? flightsMax : 1
    // Others take or ignore an envelope whole: one with more messages than a second allows would never pass.
    const countMax = single ? 1 : Math.max(1, Math.min(this.#context.batchMax, Math.floor(queue.rules.authorRateMax)))
    while (queue.drafts.length > 0 && queue.flights < flights) {
      if (!this.#skipKnown(queue)) this.#depart(queue, countMax, now)
    }
  }

  /** Takes out the first draft if its content was accepted while it waited: answers it as soon as that is sure. */
  #skipKnown(queue: Queue): boolean {
    const draft = queue.drafts[0]!
    const { contentId } = draft
    const knowledge = contentId === undefined ? 'none' : this.#knowledge(queue.rules, contentId)
    if (knowledge === 'none') return false
    queue.drafts.shift()
    if (knowledge === 'unsure') this.#echoes.push({ queue, draft })
    else {
      this.#bodies.left(queue, draft)
      this.#context.emit({ type: 'published', ref: draft.ref, id: contentId!, peers: 0, duplicate: true })
    }
    return true
  }

  #depart(queue: Queue, countMax: number, now: Millis): void {
    const { author, epoch, networkId, sha256, seen, holdings, emit, nextRef } = this.#context
    const { rules } = queue
    const first = queue.drafts[0]!
    const header = headerOf(queue, first, { author, epoch })
    const drafts = takeBatch(queue, header, countMax, (id) => this.#knowledge(rules, id) !== 'none')
    const messages = drafts.map((draft) => draft.payload)
    const body: EnvelopeBody = { ...header, messages, ...(first.reference && { reference: first.reference }) }
    const isEnvelope = rules.format === 'envelope'
    const bodyBytes = isEnvelope ? encodeBody(body) : first.payload
    const signed = signedBytes(networkId, rules.name, bodyBytes)
    const ids = contentIds(drafts) ?? (rules.format === 'signed' ? [] : messageIds(sha256, signed, drafts.length))
    // Known from now on, not from `signed` on: a second draft with the same content must not leave in between.
    for (const id of ids) {
      const key = seenKey(sha256, rules, id)
      if (isKept(rules)) holdings.add(rules.name, keyTimeOf(rules, first.time), key)
      if (!isKept(rules) || rules.judged) seen.add(key)
    }
    queue.sequence += drafts.length
    queue.flights++
    const ref = nextRef()
    const flight: Flight = { queue, drafts, body, bodyBytes, ids }
    this.#flights.set(ref, flight)
    if (isEnvelope) emit({ type: 'sign', ref, bytes: signed })
    else if (rules.format === 'signed') emit({ type: 'gossipSigned', ref, topic: rules.wireName, bytes: bodyBytes })
    else this.#launch(ref, flight, bodyBytes, now)
  }
}
