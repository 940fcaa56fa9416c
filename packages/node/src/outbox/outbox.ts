import { isKept, type Action, type Ref, type TopicRules, type WhyView } from '@grapevine/protocol'
import type { ReceiptAsker } from '../receipt/asker.ts'
import { atOf } from '../store/key-row.ts'
import type { OutboxMark } from '../store/outbox.ts'
import type { Store } from '../store/store.ts'
import { nameOf, type OutboxEntry } from './entry.ts'
import { TopicOutbox } from './topic-outbox.ts'

/** What an outbox needs. */
export interface OutboxOptions {
  readonly store: Store
  /** Our public key, 32 bytes. */
  readonly author: Uint8Array
  readonly asker: ReceiptAsker
  readonly rules: (topic: string) => TopicRules | undefined
  /** Connected peers that subscribe to a held topic. */
  readonly subscribers: (topic: string) => readonly string[]
}

/** Envelopes in one question. */
const askedMax = 512
/** After a message went out, the disks of others get this long before they are asked. */
const firstMs = 100
/** From one question about a topic to the next, unless there is more to ask than fits into one. */
const intervalMs = 400
const retryMsMax = 5_000
/** How long a peer that keeps nothing of a topic is not asked. */
const muteMs = 10_000
const holdersMax = 4096
/** Envelopes of this life whose peers are counted. */
const gossipIdsMax = 16_384
/** Records that are read for one question, of envelopes that an earlier life published. */
const readMax = 64

interface Round {
  timer: NodeJS.Timeout | undefined
  waitMs: number
  isAsking: boolean
  askedAt: number
  /** Which subscriber is asked next. */
  turn: number
}

/**
 * Own publishes on lossless topics that no other peer is known to hold. Carrying them is the business of gossip and of
 * reconciliation; the outbox asks peers what they have on disk, many envelopes with one question, and lets go of what one
 * of them has.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #topics = new Map<string, TopicOutbox>()
  readonly #rounds = new Map<string, Round>()
  readonly #muted = new Map<string, number>()
  /** On their way to disk, or just out. */
  readonly #flights = new Map<Ref, OutboxEntry>()
  readonly #byGossipId = new Map<string, OutboxEntry>()
  /** Who was the first to hold an envelope of this life, of the last few. */
  readonly #holders = new Map<string, string>()
  #marks: ReadonlyMap<string, OutboxMark> = new Map()
  #isStopped = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Reads how far the outbox had got. */
  async start(): Promise<void> {
    const marks = await this.#options.store.ask('outbox.marks', undefined)
    this.#marks = new Map(marks.map((mark) => [mark.topic, mark]))
  }

  /** Makes durable how far it has got. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { timer } of this.#rounds.values()) clearTimeout(timer)
    await Promise.all([...this.#topics.values()].map((topic) => topic.save()))
  }

  /** A topic is held: goes on with what earlier lives published. */
  held(rules: TopicRules): void {
    if (!isKept(rules) || this.#topics.has(rules.name)) return
    // At once: who asks right after the start is to see what waits.
    this.#topic(rules.name)
    this.#soon(rules.name, firstMs)
  }

  /** An envelope goes to disk. */
  storing({ ref, record }: Action & { type: 'store' }): void {
    if (record.via !== 'own') return
    const { topic, epoch, sequence, time, count } = record
    const name = nameOf(record)
    this.#flights.set(ref, { topic, epoch, sequence, time, name, messages: count, state: 'local', sent: new Set() })
  }

  /** The disk has said what became of it. What was refused nobody will hear of. */
  settled(ref: Ref): void {
    if (this.#flights.get(ref)?.gossipId === undefined) this.#flights.delete(ref)
  }

  /** It is on disk and goes to gossip. */
  sending({ ref, gossipId }: Action & { type: 'gossip' }): void {
    const entry = this.#flights.get(ref)
    if (entry === undefined) return
    entry.gossipId = gossipId
    this.#byGossipId.set(gossipId, entry)
    if (this.#byGossipId.size > gossipIdsMax) this.#byGossipId.delete(this.#byGossipId.keys().next().value!)
    this.#topic(entry.topic).add(entry)
  }

  /** Gossip gave an envelope to a peer. */
  sent(gossipId: string, peer: string): void {
    this.#byGossipId.get(gossipId)?.sent.add(peer)
  }

  /** Gossip is done with it for now. */
  gossiped(ref: Ref, peers: number): void {
    const entry = this.#flights.get(ref)
    if (entry === undefined) return
    this.#flights.delete(ref)
    const topic = this.#topic(entry.topic)
    entry.state = peers > 0 ? 'sent' : 'queued'
    if (peers === 0 && this.#options.subscribers(entry.topic).length === 0) topic.closed(entry)
    // What is only on disk comes back from there, by its place.
    if (!topic.has(entry)) this.#byGossipId.delete(entry.gossipId!)
    if (peers > 0) this.#soon(entry.topic, firstMs)
  }

  /** A peer subscribes to a topic: what is here may leave from now on, and it may have something. */
  joined(topic: string): void {
    this.#topics.get(topic)?.opened()
    this.#soon(topic, firstMs)
  }

  /** A peer asked for records of a topic, while stores were compared. */
  asked(topic: string): void {
    this.#topics.get(topic)?.opened()
  }

  /** What is in it, of one topic or of all; without those that only the disk has. */
  async list(name?: string): Promise<readonly OutboxEntry[]> {
    const topics = [...this.#topics.values()].filter(({ topic }) => name === undefined || topic === name)
    await Promise.all(topics.map((topic) => topic.load()))
    return topics.flatMap(({ entries }) => [...entries])
  }

  /** What is known of an envelope of this life; undefined if it is not ours, or too long ago. */
  stateOf(gossipId: string): WhyView['outbox'] {
    const heldBy = this.#holders.get(gossipId)
    if (heldBy !== undefined) return { state: 'held', heldBy }
    const entry = this.#byGossipId.get(gossipId)
    return entry && { state: entry.state }
  }

  /** Whether an entry has never left the node. */
  isKept(entry: OutboxEntry): boolean {
    return this.#topic(entry.topic).isKept(entry)
  }

  /** Takes an entry out. */
  remove(entry: OutboxEntry): void {
    if (entry.gossipId !== undefined) this.#byGossipId.delete(entry.gossipId)
    this.#topic(entry.topic).remove(entry)
  }

  /** Asks peers at once, all of them again. */
  retry(topic: string): void {
    this.#muted.clear()
    this.#soon(topic, firstMs)
  }

  #topic(name: string): TopicOutbox {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      const { store, author } = this.#options
      topic = new TopicOutbox(name, store, author, this.#marks.get(name))
      this.#topics.set(name, topic)
      void topic.load().catch(() => undefined)
    }
    return topic
  }

  /** Asks after this long, or earlier if that is due. */
  #soon(topic: string, afterMs: number): void {
    if (this.#isStopped) return
    let round = this.#rounds.get(topic)
    if (round === undefined) {
      round = { timer: undefined, waitMs: afterMs, isAsking: false, askedAt: -Infinity, turn: 0 }
      this.#rounds.set(topic, round)
    }
    if (round.isAsking) return
    const waitMs = Math.max(afterMs, round.askedAt + intervalMs - performance.now())
    if (round.timer !== undefined && round.waitMs <= waitMs) return
    clearTimeout(round.timer)
    round.waitMs = waitMs
    round.timer = setTimeout(() => {
      round.timer = undefined
      void this.#round(topic, round)
    }, waitMs)
    round.timer.unref()
  }

  async #round(name: string, round: Round): Promise<void> {
    round.isAsking = true
    let [held, isEmpty] = [0, false]
    try {
      const topic = this.#topic(name)
      do {
        await topic.load()
        isEmpty = topic.size === 0
        held = isEmpty ? 0 : await this.#ask(topic, round)
      } while (held === askedMax && !this.#isStopped)
    } catch {
      // The disk fails: the next round tries again.
    }
    round.isAsking = false
    round.askedAt = performance.now()
    // Who is alone waits for a peer; whoever publishes calls again.
    if (isEmpty || this.#options.subscribers(name).length === 0) return
    this.#soon(name, held > 0 ? firstMs : Math.min(retryMsMax, 2 * Math.max(firstMs, round.waitMs)))
  }

  /** Asks the next peer about the oldest entries; how many it holds. */
  async #ask(topic: TopicOutbox, round: Round): Promise<number> {
    const rules = this.#options.rules(topic.topic)
    const now = performance.now()
    const peers = this.#options
      .subscribers(topic.topic)
      .filter((peer) => (this.#muted.get(`${topic.topic}\0${peer}`) ?? 0) < now)
    const peer = peers[round.turn % Math.max(1, peers.length)]
    if (rules === undefined || peer === undefined) return 0
    const asked: OutboxEntry[] = []
    let read = 0
    for (const entry of topic.entries) {
      if (asked.length === askedMax || read === readMax) break
      if (entry.state === 'local') continue
      if (entry.name === undefined) read++
      if (entry.name !== undefined || (await this.#find(entry))) asked.push(entry)
    }
    if (asked.length === 0) return 0
    const messages = asked.map(({ name }) => name!)
    const answer = await this.#options.asker.ask(peer, rules, messages, { signed: false })
    if (answer.type === 'held') for (const index of answer.held) this.#heldBy(asked[index]!, peer)
    const isDone = answer.type === 'held' && answer.held.length === asked.length
    if (!isDone) round.turn++
    // What retention let go here nobody has to hold.
    if (answer.type === 'held' && answer.held.length === 0) await this.#dropGone(topic.topic, asked)
    if (['unable', 'not-kept', 'refused'].includes(answer.type)) this.#mute(`${topic.topic}\0${peer}`, now)
    return answer.type === 'held' ? answer.held.length : 0
  }

  async #dropGone(topic: string, entries: readonly OutboxEntry[]): Promise<void> {
    const ats = Buffer.concat(entries.map(({ name }) => atOf(name!)))
    const found = await this.#options.store.ask('outbox.has', { topic, ats: new Uint8Array(ats) })
    for (const [index, entry] of entries.entries()) if (found[index] === 0) this.remove(entry)
  }

  #heldBy(entry: OutboxEntry, peer: string): void {
    this.remove(entry)
    if (entry.gossipId === undefined) return
    this.#holders.set(entry.gossipId, peer)
    if (this.#holders.size > holdersMax) this.#holders.delete(this.#holders.keys().next().value!)
  }

  /** Reads from disk how stores name an entry; one whose record is gone or damaged leaves. */
  async #find(entry: OutboxEntry): Promise<boolean> {
    const record = await this.#options.store.byArrival(entry.arrival!)
    if (record === undefined || record.topic !== entry.topic) {
      this.remove(entry)
      return false
    }
    entry.name = nameOf(record)
    return true
  }

  #mute(name: string, now: number): void {
    for (const [known, until] of this.#muted) if (until < now) this.#muted.delete(known)
    this.#muted.set(name, now + muteMs)
  }
}
