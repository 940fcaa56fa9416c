import { keyOf, toHex } from './bytes.ts'
import type { Millis, PeerId } from './event.ts'
import type { Reason, Verdict } from './verdict.ts'

/** One thing that this node did, or saw happen, to an envelope. */
export interface JournalStep {
  readonly at: Millis
  readonly what:
    | 'published'
    | 'received'
    | 'fetched'
    | 'copy'
    | 'verified'
    | 'verdict'
    | 'asked'
    | 'rejudged'
    | 'stored'
    | 'unstored'
    | 'delivered'
    | 'sent'
  /** Who it came from, went to, or was asked. */
  readonly peer?: PeerId
  readonly verdict?: Verdict
  readonly reason?: Reason
  readonly detail?: string
}

/** What the journal knows of one message id. Times are the machine's monotonic milliseconds. */
export interface JournalRecord {
  readonly topic: string
  /** Hex, 64 characters; in a network of dialect `pubsub` mostly 92. */
  readonly gossipId: string
  /** As of a message; absent if the bytes could not be decoded. */
  readonly author?: Uint8Array
  readonly epoch?: number
  /** Sequence of this message. */
  readonly sequence?: number
  /** Where gossip signs, in place of the sequence. */
  readonly seqno?: bigint
  /** Author time in µs since 1970. */
  readonly time?: number
  readonly steps: readonly JournalStep[]
  /** Steps beyond {@link stepsMax}, counted only. */
  readonly stepsDropped: number
  /** Copies beyond the first, including those that are only counted. */
  readonly copies: number
}

/** Steps kept per envelope: the mesh holds at most 12 peers, so a copy from and a send to each, and the verdict, fit. */
export const stepsMax = 41

/** Places for steps other than copies and sends: received or published, verdict, stored, delivered, and one to spare. */
const decidedMax = 5

/** An envelope under record: one entry for all its messages, since they travel together. */
export interface JournalEntry {
  readonly topic: string
  readonly gossipId: string
  accepted: boolean
  /** A copy of its own: a view would keep the whole envelope alive, up to 60 KB for an entry of 400 bytes. */
  author?: Uint8Array
  epoch?: number
  firstSequence?: number
  seqno?: bigint
  time?: number
  /** Of its messages that it named, and which message of the envelope each is. */
  keys: string[]
  indexes: number[]
  /** Some ids were named by an entry of another topic before. */
  isAside: boolean
  steps: JournalStep[]
  stepsDropped: number
  copies: number
}

/** Rough cost in bytes of an entry, a step and a message on V8; only the sum has to be right within a factor of two. */
const cost = { entry: 400, step: 100, message: 140 }

const costOf = (entry: JournalEntry): number =>
  cost.entry + entry.keys.length * cost.message + entry.steps.length * cost.step

/** Key of a content id that another topic used first. */
const inTopic = (key: string, topic: string): string => `${key}\0${topic}`

/**
 * What this node did with each message: the newest envelopes within a budget of bytes, oldest forgotten first.
 * Every action on a message leaves a step here, so `why` can answer afterwards. Envelopes that were not accepted share a
 * quarter of the budget, so that junk cannot push out what mattered.
 */
export class Journal {
  readonly #bytesMax: number
  readonly #accepted = new Map<string, JournalEntry>()
  readonly #other = new Map<string, JournalEntry>()
  readonly #byMessage = new Map<string, JournalEntry>()
  #acceptedBytes = 0
  #otherBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Estimated bytes held; above the budget by at most one entry. */
  get bytes(): number {
    return this.#acceptedBytes + this.#otherBytes
  }

  /** The entry of an envelope, made if it is new. */
  open(topic: string, gossipId: string): JournalEntry {
    const known = this.entry(gossipId)
    if (known !== undefined) return known
    const entry: JournalEntry = {
      topic,
      gossipId,
      accepted: false,
      keys: [],
      indexes: [],
      isAside: false,
      steps: [],
      stepsDropped: 0,
      copies: 0,
    }
    this.#other.set(gossipId, entry)
    this.#otherBytes += cost.entry
    this.#evict()
    return entry
  }

  entry(gossipId: string): JournalEntry | undefined {
    return this.#accepted.get(gossipId) ?? this.#other.get(gossipId)
  }

  /**
   * Moves an entry to the larger budget. Its messages are then its own, whoever named them before. An entry that junk
   * pushed out while it was being checked comes back.
   */
  accept(entry: JournalEntry, ids: readonly Uint8Array[]): void {
    if (!entry.accepted) {
      const other = this.#other.get(entry.gossipId)
      // As a rule it has named its ids when it came, and keeps them as they are.
      if (other === entry && entry.keys.length === ids.length && !entry.isAside) {
        this.#other.delete(entry.gossipId)
        this.#otherBytes -= costOf(entry)
      } else if (other !== undefined) this.#forgetOther(other)
      entry.accepted = true
      this.#accepted.set(entry.gossipId, entry)
      this.#acceptedBytes += costOf(entry)
    }
    if (entry.keys.length < ids.length) this.name(entry, ids)
  }

  /**
   * Ties message ids to their envelope. An id stays with the envelope that named it first, unless that one was not
   * accepted and this one is: otherwise a copy with a junk signature, sent first, would own the answer.
   */
  name(entry: JournalEntry, ids: readonly Uint8Array[]): void {
    if (this.entry(entry.gossipId) !== entry) return
    for (let index = 0; index < ids.length; index++) {
      let key = keyOf(ids[index]!)
      let owner = this.#byMessage.get(key)
      if (owner !== undefined && owner.topic !== entry.topic && (owner.accepted || !entry.accepted)) {
        key = inTopic(key, entry.topic)
        owner = this.#byMessage.get(key)
        entry.isAside = true
      }
      if (owner !== undefined && (owner.accepted || !entry.accepted)) continue
      this.#byMessage.set(key, entry)
      entry.keys.push(key)
      entry.indexes.push(index)
      this.#charge(entry, cost.message)
    }
    this.#evict()
  }

  /** Messages of an envelope were delivered: from now on it stands for them, also where others named their ids before. */
  deliver(entry: JournalEntry, messages: readonly { readonly id: Uint8Array; readonly index: number }[]): void {
    if (this.entry(entry.gossipId) !== entry) return
    for (const { id, index } of messages) {
      const own = keyOf(id)
      const key = this.#byMessage.get(own)?.topic === entry.topic ? own : inTopic(own, entry.topic)
      const owner = this.#byMessage.get(key)
      if (owner === undefined || owner === entry) continue
      this.#byMessage.set(key, entry)
      if (entry.keys.includes(key)) continue
      entry.keys.push(key)
      entry.indexes.push(index)
      this.#charge(entry, cost.message)
    }
    this.#evict()
  }

  note(entry: JournalEntry, step: JournalStep): void {
    if (step.what === 'copy') entry.copies++
    // Copies, sends and what is put off can be many; the last places are for what was decided, which must not be missing.
    const { what, verdict } = step
    const isMany = what === 'copy' || what === 'sent' || what === 'asked' || what === 'rejudged' || verdict === 'defer'
    if (entry.steps.length >= (isMany ? stepsMax - decidedMax : stepsMax)) {
      entry.stepsDropped++
      // After however many attempts: how it ended must not be missing.
      if (step.what === 'delivered') entry.steps[entry.steps.length - 1] = step
      return
    }
    entry.steps.push(step)
    if (this.entry(entry.gossipId) !== entry) return
    this.#charge(entry, cost.step)
    this.#evict()
  }

  /** Notes that known messages came again inside another envelope, once for each envelope that they were recorded under. */
  noteRepeat(ids: readonly Uint8Array[], other: JournalEntry, step: JournalStep): void {
    const entries = new Set(ids.map((id) => this.#find(id, other.topic)?.entry))
    for (const entry of entries) if (entry !== undefined && entry !== other) this.note(entry, step)
  }

  /** Ids that begin with a prefix in lower-case hex, at most `countMax`. Walks every id: for people, not for traffic. */
  matches(prefix: string, countMax: number): Uint8Array[] {
    const found = new Set<string>()
    for (const [key, entry] of this.#byMessage) {
      const suffix = inTopic('', entry.topic)
      const id = key.endsWith(suffix) ? key.slice(0, -suffix.length) : key
      if (toHex(bytesOf(id)).startsWith(prefix)) found.add(id)
      if (found.size >= countMax) break
    }
    return [...found].map(bytesOf)
  }

  /**
   * What is known of a message id, or undefined if it was never seen or is forgotten. A content id can stand for a
   * message on each of several topics; without `topic` the one named first is told.
   */
  find(id: Uint8Array, topic?: string): JournalRecord | undefined {
    const found = this.#find(id, topic)
    if (found === undefined) return undefined
    const { entry, index } = found
    return {
      topic: entry.topic,
      gossipId: entry.gossipId,
      ...(entry.author !== undefined && { author: entry.author }),
      ...(entry.epoch !== undefined && { epoch: entry.epoch }),
      ...(entry.firstSequence !== undefined && { sequence: entry.firstSequence + index }),
      ...(entry.seqno !== undefined && { seqno: entry.seqno }),
      ...(entry.time !== undefined && { time: entry.time }),
      steps: [...entry.steps],
      stepsDropped: entry.stepsDropped,
      copies: entry.copies,
    }
  }

  #find(id: Uint8Array, topic?: string): { entry: JournalEntry; index: number } | undefined {
    let key = keyOf(id)
    let entry = this.#byMessage.get(key)
    if (topic !== undefined && entry?.topic !== topic) {
      key = inTopic(key, topic)
      entry = this.#byMessage.get(key)
    }
    return entry && { entry, index: entry.indexes[entry.keys.indexOf(key)]! }
  }

  #charge(entry: JournalEntry, bytes: number): void {
    if (entry.accepted) this.#acceptedBytes += bytes
    else this.#otherBytes += bytes
  }

  #evict(): void {
    const otherMax = this.#bytesMax / 4
    if (this.#otherBytes > otherMax) {
      for (const entry of this.#other.values()) {
        if (this.#otherBytes <= otherMax * (15 / 16)) break
        this.#forgetOther(entry)
      }
    }
    const acceptedMax = this.#bytesMax - otherMax
    if (this.#acceptedBytes > acceptedMax) {
      // Some at once: each walk of a Map from its beginning steps over the holes of all that went before.
      for (const entry of this.#accepted.values()) {
        if (this.#acceptedBytes <= acceptedMax * (15 / 16)) break
        this.#accepted.delete(entry.gossipId)
        this.#acceptedBytes -= costOf(entry)
        this.#forgetKeys(entry)
      }
    }
  }

  #forgetOther(entry: JournalEntry): void {
    this.#other.delete(entry.gossipId)
    this.#otherBytes -= costOf(entry)
    this.#forgetKeys(entry)
  }

  #forgetKeys(entry: JournalEntry): void {
    for (const key of entry.keys) if (this.#byMessage.get(key) === entry) this.#byMessage.delete(key)
    entry.keys = []
    entry.indexes = []
    entry.isAside = false
  }
}

/** The bytes that `keyOf` made a key of. */
const bytesOf = (key: string): Uint8Array => Uint8Array.from(key, (character) => character.charCodeAt(0))
