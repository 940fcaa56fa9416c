import { equalBytes } from '../bytes.ts'
import type { Action, Event, Millis, PeerId, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import type { IdTable } from '../id-table.ts'
import type { Journal } from '../journal.ts'
import type { Holdings } from '../store/holdings.ts'
import { isLasting } from '../store/refusals.ts'
import { isContentTopic, isKept, type TopicRules } from '../topic.ts'
import { decide, type Decision } from '../verdict.ts'
import type { Ask } from './ask.ts'
import { hasCycle } from './cycle.ts'
import { type ParkBounds, Park, type Parked } from './park.ts'
import { endOf, nameOf, planOf, roundUp, shortOf, type Deferrable } from './plan.ts'
import { Wishes } from './wishes.ts'

/** What putting off needs of its machine. */
export interface DeferralContext<Item> {
  readonly sha256: Sha256
  readonly seen: IdTable
  readonly holdings: Holdings
  readonly journal: Journal
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** Peers that keep a topic. */
  readonly peersOf: (topic: string) => readonly PeerId[]
  /** Have it judged again; ends in {@link Deferral.take}. */
  readonly judge: (item: Item, now: Millis) => void
  /** It is given up. */
  readonly drop: (item: Item, decision: Decision, now: Millis) => void
  /** Whether it is read from disk, or fetched, before it is judged again: that has its own bounds. */
  readonly isBodied: (item: Item) => boolean
  readonly bounds: ParkBounds
  /** How long something may wait in all, in ms. */
  readonly deferMsMax: Millis
}

/** Envelopes at once that are judged again, those with bodies apart: the others wait for them. */
const judgedMax = 64

/**
 * What a validator puts off: keeps it, asks peers for what it waits for, and has it judged again when that is accepted or
 * the time has come. In memory: after a restart, catching up brings what lossless topics had here.
 */
export class Deferral<Item extends Deferrable> {
  readonly #context: DeferralContext<Item>
  readonly #park: Park<Item>
  readonly #wishes: Wishes
  readonly #ready = new Set<Parked<Item>>()
  /** The same of those with bodies. */
  readonly #bodied = new Set<Parked<Item>>()
  #judged = 0
  #dueAt: Millis = Infinity

  constructor(context: DeferralContext<Item>) {
    this.#context = context
    this.#park = new Park(context.bounds)
    this.#wishes = new Wishes(context)
  }

  get count(): number {
    return this.#park.count
  }

  /** In bytes of memory. */
  get bytes(): number {
    return this.#park.bytes
  }

  get nextWakeup(): Millis {
    return Math.min(this.#dueAt, this.#wishes.nextAt)
  }

  /** What waits on a topic. */
  of(topic: string): { readonly count: number; readonly bytes: number } {
    return this.#park.of(topic)
  }

  has(item: Item): boolean {
    return this.#park.get(item) !== undefined
  }

  /** Whether what a peer offers waits here already. A content id may stand for several messages: there it is about the peer. */
  holds(rules: Pick<TopicRules, 'name' | 'contentId'>, key: Uint8Array, peer: PeerId): boolean {
    for (const entry of this.#park.named(nameOf(rules.name, key)))
      if (rules.contentId === undefined || entry.peer === peer) return true
    return false
  }

  /** Whether this envelope, or one with the same message, waits here already. */
  isWaiting(rules: TopicRules, key: Uint8Array, gossipId: string): boolean {
    for (const { item } of this.#park.named(nameOf(rules.name, key)))
      if (!isContentTopic(rules) || item.gossipId === gossipId) return true
    return false
  }

  /** Puts off an envelope as its judgement asks for. It waits if {@link has} says so; else it is given up for this reason. */
  park(item: Item, ask: Ask, now: Millis): Decision {
    const { deferMsMax, sha256 } = this.#context
    const { since } = (item.putOff ??= { since: now, tries: 0, failures: 0 })
    const isKnown = (key: Uint8Array): boolean => this.#isKnown(item.rules, key)
    const plan = planOf(item, ask, { now, deferMsMax, sha256, isKnown })
    if ('verdict' in plan) return plan
    const { decision, waits = new Map<string, Uint8Array>(), dueAt, because } = plan
    const { rules, from, keys, cost } = item
    const entry: Parked<Item> = {
      item,
      peer: from,
      topic: rules.name,
      cost,
      names: keys.map((key) => nameOf(rules.name, key)),
      waits: new Set(waits.keys()),
      dueAt: roundUp(dueAt),
      endsAt: roundUp(since + deferMsMax),
      because,
      isJudged: false,
      isReading: false,
    }
    if (hasCycle(this.#park, entry)) return decide('dependency-cycle')
    if (!this.#park.add(entry, (evicted) => this.#give(evicted, decide('park-full'), now))) return decide('park-full')
    this.#dueAt = Math.min(this.#dueAt, entry.dueAt, entry.endsAt)
    for (const name of entry.names) this.#wishes.drop(name)
    for (const [name, id] of waits) this.#wish(item, name, id, now)
    return decision
  }

  /** Its judgement is there, or it is accepted in another way: it waits no more. */
  take(item: Item): void {
    const entry = this.#park.remove(item)
    if (entry !== undefined) this.#leave(entry)
  }

  /** The body of what is judged again is here: a validator looks at it. */
  judging(item: Item): void {
    const entry = this.#park.get(item)
    if (entry !== undefined) entry.isJudged = true
  }

  /** Messages of a topic are accepted: what waited for them is judged next. */
  accepted(topic: string, keys: readonly Uint8Array[]): void {
    if (!this.#park.hasWaiters) return
    for (const key of keys) this.#came(nameOf(topic, key), 'what it waited for was accepted')
  }

  /** Messages are refused for good: what waits for them will not be accepted. */
  refused(rules: TopicRules, keys: readonly Uint8Array[], { reason }: Decision, now: Millis): void {
    // A content id may stand for several messages: one that is bad must not drag down what waits for a good one.
    if (!this.#park.hasWaiters || isContentTopic(rules) || !isLasting(reason)) return
    const causes = keys.map((key) => ({ name: nameOf(rules.name, key), detail: `${shortOf(key)}: ${reason}` }))
    for (const { name, detail } of causes) {
      for (const entry of this.#park.waitersOf(name)) {
        if (entry.isJudged) continue
        this.#give(entry, decide('dependency-refused', detail), now)
        causes.push(...entry.names.map((waited) => ({ name: waited, detail })))
      }
    }
  }

  /** A topic has these rules from now on: what waits is judged under them, or is given up where ids differ. */
  held(rules: TopicRules, now: Millis): void {
    for (const entry of this.#park.values()) {
      const { item, topic, isJudged } = entry
      if (topic !== rules.name || isJudged) continue
      if (!isSame(item.rules, rules))
        this.#give(entry, decide('other-definition', 'the topic has other rules now'), now)
      else this.#again(entry)
    }
  }

  released(topic: string, now: Millis): void {
    for (const entry of this.#park.values())
      if (entry.topic === topic && !entry.isJudged) this.#give(entry, decide('not-held'), now)
  }

  /** A request is answered: whom it went to, and whether a key is one of those that it was about. */
  answered(
    { ref, known = [] }: Event & { type: 'found' },
    now: Millis,
  ): { readonly peer: PeerId; readonly topic: string; readonly isWanted: (key: Uint8Array) => boolean } | undefined {
    const request = this.#wishes.answered(ref, now)
    if (request === undefined) return undefined
    const { peer, topic, names } = request
    for (const key of known) this.#came(nameOf(topic, key), 'what it waits for was here')
    return { peer, topic, isWanted: (key) => names.includes(nameOf(topic, key)) }
  }

  tick(now: Millis): void {
    if (now >= this.#dueAt) this.#turn(now)
    for (const { name, id, peer } of this.#wishes.tick(now)) {
      const step = { at: now, what: 'asked', peer, detail: shortOf(id) } as const
      for (const { item } of this.#park.waitersOf(name)) this.#context.journal.note(item.entry, step)
    }
  }

  /** Has judged again what is ready for it, as far as the validator is free. Called after each event. */
  release(now: Millis): void {
    for (const entry of this.#bodied) {
      this.#bodied.delete(entry)
      entry.isReading = true
      this.#judge(entry, now)
    }
    for (const entry of this.#ready) {
      if (this.#judged >= judgedMax) return
      this.#ready.delete(entry)
      entry.isJudged = true
      this.#judged++
      this.#judge(entry, now)
    }
  }

  #judge({ item, why }: Parked<Item>, now: Millis): void {
    this.#context.journal.note(item.entry, { at: now, what: 'rejudged', ...(why && { detail: why }) })
    this.#context.judge(item, now)
  }

  #turn(now: Millis): void {
    this.#dueAt = Infinity
    for (const entry of this.#park.values()) {
      const { item, dueAt, endsAt, isJudged, isReading } = entry
      if (isJudged || isReading || this.#ready.has(entry) || this.#bodied.has(entry)) continue
      if (now >= dueAt) this.#again(entry, 'the time has come')
      else if (now >= endsAt) this.#give(entry, endOf(entry, item), now)
      else this.#dueAt = Math.min(this.#dueAt, dueAt, endsAt)
    }
  }

  #came(name: string, why: string): void {
    this.#wishes.drop(name)
    for (const entry of this.#park.came(name)) if (entry.waits.size === 0 && !entry.isJudged) this.#again(entry, why)
  }

  #again(entry: Parked<Item>, why?: string): void {
    if (entry.isReading) return
    if (why !== undefined) entry.why = why
    if (this.#context.isBodied(entry.item)) this.#bodied.add(entry)
    else this.#ready.add(entry)
  }

  /** Gives up an entry. What waits for it may still have it from elsewhere. */
  #give(entry: Parked<Item>, decision: Decision, now: Millis): void {
    const { item, names } = entry
    this.#park.remove(item)
    this.#leave(entry)
    this.#context.drop(item, decision, now)
    for (const [index, name] of names.entries()) {
      for (const waiter of this.#park.waitersOf(name)) this.#wish(waiter.item, name, item.ids[index]!, now)
    }
  }

  #leave(entry: Parked<Item>): void {
    if (entry.isJudged && !this.#context.isBodied(entry.item)) this.#judged--
    this.#ready.delete(entry)
    this.#bodied.delete(entry)
    this.#unwish(entry)
  }

  #isKnown(rules: TopicRules, key: Uint8Array): boolean {
    const { seen, holdings } = this.#context
    // The keys of signed ids have a time, which nobody knows who only has the id: accepted ones are in the table too.
    return isKept(rules) && isContentTopic(rules) ? holdings.has(rules.name, 0, key) : seen.has(key)
  }

  #wish({ rules, from, fetched }: Item, name: string, id: Uint8Array, now: Millis): void {
    if (isKept(rules) && this.#park.named(name).size === 0)
      this.#wishes.add({ name, topic: rules.name, id, from }, fetched !== undefined, now)
  }

  #unwish({ waits }: Parked<Item>): void {
    for (const name of waits) if (this.#park.waitersOf(name).size === 0) this.#wishes.drop(name)
  }
}

/** Whether the ids of messages are the same under both. */
export const isSame = (a: TopicRules, b: TopicRules): boolean =>
  isContentTopic(a) === isContentTopic(b) &&
  (a.schemaId === undefined || b.schemaId === undefined
    ? a.schemaId === b.schemaId
    : equalBytes(a.schemaId, b.schemaId))
