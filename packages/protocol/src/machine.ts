import { AuthorDefinitions, type AuthorDefinition } from './author-definitions.ts'
import type { Action, Event, Millis, Ref } from './event.ts'
import { BodyNeeds } from './bodies/body-needs.ts'
import { Catchup } from './catchup/catchup.ts'
import { randomFrom } from './catchup/random.ts'
import { parkBounds } from './defer/park.ts'
import { sha256 as nobleSha256 } from './id.ts'
import { IdTable } from './id-table.ts'
import { Incoming } from './incoming.ts'
import { Journal, type JournalRecord } from './journal.ts'
import type { BodyProgress, MachineOptions, Snapshot, TopicSummary } from './machine-options.ts'
import { Outgoing } from './outgoing.ts'
import { peerIdFromKey } from './peer-id.ts'
import type { SetIndex } from './reconcile/set-index.ts'
import { boundAt } from './reconcile/key.ts'
import { Registry } from './registry.ts'
import { Holdings } from './store/holdings.ts'
import { holdsAll } from './store/record.ts'
import { Keeper } from './store/keeper.ts'
import { Refusals } from './store/refusals.ts'
import { isContentTopic, isKept } from './topic.ts'

/**
 * What of one peer may be under check when its store is asked for more, in bytes of memory: with the answer it stays below
 * half of what a peer may have under check, from where on its live traffic would have to wait.
 */
const ingestBytesMax = 768 << 10

/** How long an envelope waits for its body at most, in ms: 32 MiB at 112 KB a second. A guess. */
const bodyMsMax = 300_000

/**
 * A node's protocol as a function of what happens to it. Does no I/O and reads no clock. Total: no event that a peer
 * can cause makes it throw, and one event causes a bounded number of actions.
 */
export class Machine {
  readonly #registry = new Registry()
  readonly #authorDefinitions = new AuthorDefinitions()
  readonly #seen: IdTable
  readonly #journal: Journal
  readonly #holdings: Holdings
  readonly #keeper: Keeper
  readonly #refusals = new Refusals()
  readonly #catchup: Catchup
  readonly #incoming: Incoming
  readonly #outgoing: Outgoing
  #actions: Action[] = []
  #now: Millis = 0
  #ref: Ref = 0

  constructor(options: MachineOptions) {
    const mebi = 1 << 20
    this.#seen = new IdTable({ idsMin: options.seenMin ?? 1 << 19, salt: options.salt })
    this.#journal = new Journal(options.journalBytesMax ?? 16 * mebi)
    const emit = (action: Action): void => void this.#actions.push(action)
    this.#holdings = new Holdings(options.networkId)
    const needs = new BodyNeeds()
    this.#keeper = new Keeper({
      needs,
      journal: this.#journal,
      holdings: this.#holdings,
      emit,
      storeBytesMax: options.storeBytesMax ?? 32 * mebi,
    })
    const shared = {
      sha256: options.sha256 ?? nobleSha256,
      networkId: options.networkId,
      author: options.author,
      registry: this.#registry,
      seen: this.#seen,
      journal: this.#journal,
      authorDefinitions: this.#authorDefinitions,
      isOwn: (...what: Parameters<Outgoing['isOwn']>): boolean => this.#outgoing.isOwn(...what),
      holdings: this.#holdings,
      keeper: this.#keeper,
      refusals: this.#refusals,
      needs,
      emit,
      nextRef: (): Ref => ++this.#ref,
      onAccepted: (topic: string, keys: readonly Uint8Array[]): void =>
        this.#incoming.waiting.deferral.accepted(topic, keys),
    }
    this.#catchup = new Catchup({
      ...shared,
      self: options.peerId ?? peerIdFromKey(options.author),
      random: randomFrom(options.salt),
      intervalMs: options.reconcileIntervalMs ?? 10_000,
      backUs: (options.reconcileBackMs ?? 0) * 1000,
      ingest: (event, expected, now) =>
        this.#incoming.fetched(event, now, (keys, keyTime) => holdsAll(keys, keyTime, expected)),
      isWaiting: (...what) =>
        this.#incoming.waiting.deferral.holds(...what) || this.#incoming.waiting.bodies.holds(...what),
      hasRoom: (peer) => this.#keeper.hasRoom && this.#incoming.pendingBytesOf(peer) <= ingestBytesMax,
    })
    this.#incoming = new Incoming({
      ...shared,
      onIngesting: (...what) => this.#catchup.ingesting(...what),
      onIngested: (ref, decision, now) => this.#catchup.ingested(ref, decision, now),
      pendingBytesPerPeerMax: options.pendingBytesPerPeerMax ?? 4 * mebi,
      pendingBytesMax: options.pendingBytesMax ?? 16 * mebi,
      peersOf: (topic) => this.#catchup.schedule.peersOf(topic),
      parkBounds: options.parkBounds ?? parkBounds,
      deferMsMax: options.deferMsMax ?? 600_000,
      bodyMsMax: Math.min(options.deferMsMax ?? 600_000, bodyMsMax),
      fetch: { ...options.fetch, seed: options.salt },
    })
    this.#outgoing = new Outgoing({
      ...shared,
      epoch: options.epoch,
      queueBytesMax: options.queueBytesMax ?? 8 * mebi,
      batchMax: options.batchMax ?? 1024,
    })
  }

  /** When the host must next deliver a tick: not before the last event. */
  get nextWakeup(): Millis | undefined {
    const waiting = this.#incoming.waiting.nextWakeup
    const next = Math.min(this.#catchup.nextWakeup ?? Infinity, Math.max(waiting, this.#now))
    return next === Infinity ? undefined : next
  }

  /**
   * Takes one event and returns what is to be done about it, in order. `now` must not go back; the machine refuses
   * that with a throw, since it can only be the host's mistake.
   */
  handle(event: Event, now: Millis): readonly Action[] {
    if (!(now >= this.#now)) throw new RangeError(`now went from ${this.#now} to ${now}`)
    this.#now = now
    this.#catchup.turn(now)
    this.#incoming.waiting.bodies.turn(now)
    this.#dispatch(event, now)
    this.#incoming.waiting.release(now)
    const actions = this.#actions
    this.#actions = []
    return actions
  }

  /** What the journal knows of a message id; a content id can mean a message on each of several topics. */
  why(id: Uint8Array, topic?: string): JournalRecord | undefined {
    return this.#journal.find(id, topic)
  }

  /** Message ids in the journal that begin with a prefix in lower-case hex, at most `countMax`. */
  idsWithPrefix(prefix: string, countMax: number): readonly Uint8Array[] {
    return this.#journal.matches(prefix, countMax)
  }

  /** What waits on a topic to be judged again: envelopes, and bytes of memory. */
  parked(topic: string): { readonly count: number; readonly bytes: number } {
    return this.#incoming.waiting.deferral.of(topic)
  }

  /** How far the body is that an envelope waits for, by its gossip id in hex; undefined if it waits for none. */
  bodyProgress(gossipId: string): BodyProgress | undefined {
    return this.#incoming.waiting.bodies.progressOf(gossipId)
  }

  /** The keys of what the store holds of a topic. */
  heldKeys(topic: string): Pick<SetIndex, 'has' | 'find'> {
    return this.#holdings.peek(topic)
  }

  /** Which definition the authors of a held topic go by; at most 64, ourselves not among them. */
  authorDefinitions(topic: string): readonly AuthorDefinition[] {
    return this.#authorDefinitions.of(topic)
  }

  /** The topic of an envelope in the journal, by its gossip id in hex. */
  topicOf(gossipId: string): string | undefined {
    return this.#journal.entry(gossipId)?.topic
  }

  /** What is held of a topic between two author times, in µs: the first included, the second not. */
  summary(topic: string, from: number, end: number): TopicSummary {
    const index = this.#holdings.peek(topic)
    const start = Math.min(Math.max(from, index.floor), end)
    const { count, sum } = index.summary({ from: boundAt(start), to: boundAt(end) })
    return { from: start, end, count, sum, refused: this.#refusals.count(topic) }
  }

  snapshot(): Snapshot {
    return {
      seen: this.#seen.size,
      seenBytes: this.#seen.byteLength,
      journalBytes: this.#journal.bytes,
      pendingBytes: this.#incoming.pendingBytes,
      held: this.#holdings.count,
      storingBytes: this.#keeper.waitingBytes,
      refused: this.#refusals.size,
      awaiting: this.#incoming.waiting.bodies.count,
      bodyBytes: this.#incoming.waiting.bodies.bytes,
      lateChunks: this.#incoming.waiting.bodies.late,
      parked: this.#incoming.waiting.deferral.count,
      parkedBytes: this.#incoming.waiting.deferral.bytes,
    }
  }

  #dispatch(event: Event, now: Millis): void {
    switch (event.type) {
      case 'tick':
        this.#incoming.waiting.deferral.tick(now)
        this.#incoming.waiting.bodies.tick()
        return this.#catchup.tick(now)
      case 'hold':
        this.#refusals.forget(event.rules.name)
        if (isKept(event.rules)) this.#holdings.held(event.rules.name, isContentTopic(event.rules))
        this.#registry.hold(event.rules)
        return this.#incoming.waiting.held(event.rules, now)
      case 'release':
        this.#registry.release(event.topic)
        this.#incoming.waiting.released(event.topic, now)
        this.#authorDefinitions.released(event.topic)
        this.#catchup.released(event.topic)
        this.#refusals.forget(event.topic)
        return this.#outgoing.released(event.topic)
      case 'publish':
        return this.#outgoing.publish(event, now)
      case 'signed':
        return this.#outgoing.signed(event.ref, event.signature, now)
      case 'named':
        return this.#outgoing.named(event, now)
      case 'gossiped':
        return this.#outgoing.gossiped(event.ref, event.peers, now)
      case 'received':
        return this.#incoming.received(event, now)
      case 'fetched':
        return this.#incoming.fetched(event, now)
      case 'found':
        return this.#incoming.found(event, now)
      case 'stored':
        this.#keeper.stored(event, now)
        this.#outgoing.stored(event, now)
        return this.#catchup.stored(now)
      case 'restored':
        return this.#holdings.restore(event.topic, event.keys, event.isLate)
      case 'emptied':
        return this.#holdings.empty()
      case 'lost':
        return this.#holdings.remove(event.topic, event.keys)
      case 'floor':
        return this.#holdings.raiseFloor(event.topic, event.time, event)
      case 'peer-joined':
        return this.#catchup.joined(event, now)
      case 'peer-left':
        return this.#catchup.left(event.peer)
      case 'opened':
        return this.#catchup.opened(event, now)
      case 'frame':
        return this.#catchup.frame(event, now)
      case 'flushed':
        return this.#catchup.flushed(event, now)
      case 'closed':
        return this.#catchup.closed(event.stream, now)
      case 'loaded':
        return this.#catchup.loaded(event, now)
      case 'compare':
        return this.#catchup.compare(event)
      case 'verified':
        return this.#incoming.verified(event.ref, event.valid, now)
      case 'judged':
        this.#incoming.judged(event.ref, event.judgements, now)
        return this.#outgoing.judged(event.ref, event.judgements, now)
      case 'bodyFound':
        return this.#incoming.waiting.bodies.found(event)
      case 'bodyRead':
        return this.#incoming.waiting.bodies.read(event)
      case 'bodySaved':
        return void (this.#incoming.waiting.bodies.saved(event) || this.#outgoing.bodySaved(event, now))
      case 'chunk':
      case 'noChunk':
        return this.#incoming.waiting.bodies.chunk(event)
      case 'copied':
        return this.#incoming.copied(event.gossipId, event.from, now)
      case 'sent': {
        const entry = this.#journal.entry(event.gossipId)
        if (entry !== undefined) this.#journal.note(entry, { at: now, what: 'sent', peer: event.to })
      }
    }
  }
}
