import { AuthorDefinitions, type AuthorDefinition } from './author-definitions.ts'
import type { Action, Event, Millis, PeerId, Ref } from './event.ts'
import { Catchup } from './catchup/catchup.ts'
import { randomFrom } from './catchup/random.ts'
import type { Sha256 } from './id.ts'
import { sha256 as nobleSha256 } from './id.ts'
import { IdTable } from './id-table.ts'
import { Incoming } from './incoming.ts'
import { Journal, type JournalRecord } from './journal.ts'
import { Outgoing } from './outgoing.ts'
import { peerIdFromKey } from './peer-id.ts'
import type { SetIndex } from './reconcile/set-index.ts'
import { boundAt } from './reconcile/key.ts'
import type { RangeSummary } from './reconcile/key-range.ts'
import { Registry } from './registry.ts'
import { Holdings } from './store/holdings.ts'
import { Keeper } from './store/keeper.ts'
import { Refusals } from './store/refusals.ts'
import { isContentTopic, isKept } from './topic.ts'
import type { Reason } from './verdict.ts'

/** Options of a {@link Machine}. */
export interface MachineOptions {
  /** 32 bytes; part of what every envelope signs. */
  readonly networkId: Uint8Array
  /** Our Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array
  /** What peers call us. Default: the peer id of `author`. */
  readonly peerId?: PeerId
  /** This life of the node; see {@link EnvelopeBody.epoch}. */
  readonly epoch: number
  /** A random 32-bit word, fresh in each life. */
  readonly salt: number
  /** A faster SHA-256 than the built-in one, if the host has it. */
  readonly sha256?: Sha256
  /** Messages per envelope at most, 1 to 1024; 1 turns batching off. Default 1024: size is what limits. */
  readonly batchMax?: number
  /** Ids remembered at least, for dedup. Default 524,288 (at most 32 MiB of tables). A guess. */
  readonly seenMin?: number
  /** Budget of the journal in bytes. Default 16 MiB: about 20,000 lone messages or 90,000 in batches of 32. */
  readonly journalBytesMax?: number
  /**
   * What envelopes under check may cost in memory, those of one peer and all: payload and overhead. Defaults 4 MiB and
   * 16 MiB: 67 full envelopes, or about 2,000 lone messages, from one peer.
   */
  readonly pendingBytesPerPeerMax?: number
  readonly pendingBytesMax?: number
  /** Bytes of ours waiting per topic, 100 for each message beside its payload. Default 8 MiB. */
  readonly queueBytesMax?: number
  /** Memory of messages of others that wait for the disk. Default 32 MiB; what exceeds it is relayed but not kept. */
  readonly storeBytesMax?: number
  /** Time between two rounds of reconciliation, in ms. Default 10,000. */
  readonly reconcileIntervalMs?: number
  /** How far back this node catches up, in ms of author time. Default 0: all that peers hold. */
  readonly reconcileBackMs?: number
}

/**
 * What of one peer may be under check when its store is asked for more, in bytes of memory: with the answer it stays below
 * half of what a peer may have under check, from where on its live traffic would have to wait.
 */
const ingestBytesMax = 768 << 10

/** What a machine holds at present: sizes for status, metrics and tests. */
export interface Snapshot {
  readonly seen: number
  readonly seenBytes: number
  readonly journalBytes: number
  readonly pendingBytes: number
  /** Messages in the store, over all topics, and bytes on their way there. */
  readonly held: number
  readonly storingBytes: number
  /** Messages that stores of peers hold and this node does not want. */
  readonly refused: number
}

/** What a node holds of a topic within a range, and how much it does not want. */
export interface TopicSummary extends RangeSummary {
  /** The range, in µs of author time: `from` is not below the floor. */
  readonly from: number
  readonly end: number
  /** Messages of stores of peers that are refused here, by reason, whatever their time. */
  readonly refused: Readonly<Partial<Record<Reason, number>>>
}

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
    this.#keeper = new Keeper({
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
      emit,
      nextRef: (): Ref => ++this.#ref,
    }
    this.#catchup = new Catchup({
      ...shared,
      self: options.peerId ?? peerIdFromKey(options.author),
      random: randomFrom(options.salt),
      intervalMs: options.reconcileIntervalMs ?? 10_000,
      backUs: (options.reconcileBackMs ?? 0) * 1000,
      ingest: (event, expected, now) => this.#incoming.fetched(event, now, expected),
      hasRoom: (peer) => this.#keeper.hasRoom && this.#incoming.pendingBytesOf(peer) <= ingestBytesMax,
    })
    this.#incoming = new Incoming({
      ...shared,
      onIngesting: (...what) => this.#catchup.ingesting(...what),
      onIngested: (ref, decision, now) => this.#catchup.ingested(ref, decision, now),
      pendingBytesPerPeerMax: options.pendingBytesPerPeerMax ?? 4 * mebi,
      pendingBytesMax: options.pendingBytesMax ?? 16 * mebi,
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
    return this.#catchup.nextWakeup
  }

  /**
   * Takes one event and returns what is to be done about it, in order. `now` must not go back; the machine refuses
   * that with a throw, since it can only be the host's mistake.
   */
  handle(event: Event, now: Millis): readonly Action[] {
    if (!(now >= this.#now)) throw new RangeError(`now went from ${this.#now} to ${now}`)
    this.#now = now
    this.#catchup.turn(now)
    this.#dispatch(event, now)
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

  /** The keys of what the store holds of a topic. */
  heldKeys(topic: string): Pick<SetIndex, 'has' | 'find'> {
    return this.#holdings.of(topic)
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
    const index = this.#holdings.of(topic)
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
    }
  }

  #dispatch(event: Event, now: Millis): void {
    switch (event.type) {
      case 'tick':
        return this.#catchup.tick(now)
      case 'hold':
        this.#refusals.forget(event.rules.name)
        if (isKept(event.rules)) this.#holdings.held(event.rules.name, isContentTopic(event.rules))
        return this.#registry.hold(event.rules)
      case 'release':
        this.#registry.release(event.topic)
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
      case 'copied':
        return this.#incoming.copied(event.gossipId, event.from, now)
      case 'sent': {
        const entry = this.#journal.entry(event.gossipId)
        if (entry !== undefined) this.#journal.note(entry, { at: now, what: 'sent', peer: event.to })
      }
    }
  }
}
