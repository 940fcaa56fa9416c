import type {
  BlocksView,
  BodyQuery,
  ConsumerView,
  EvidenceDetailView,
  EvidenceView,
  ExportHeader,
  ExportLine,
  GapView,
  HistoryQuery,
  ImportView,
  LogQuery,
  LogView,
  MessageView,
  NetworkView,
  PeerDetailView,
  PeerView,
  PingView,
  ReadyView,
  OutboxCancelView,
  OutboxQuery,
  OutboxRetryView,
  OutboxView,
  PublishView,
  ReceiptFile,
  ReceiptsView,
  StatusView,
  TopicDefinitionInput,
  TopicDetailView,
  TopicSyncView,
  TopicVerifyView,
  TopicView,
  WhyView,
} from '@grapevine/protocol'
import type { MemberApi } from './cluster/member-api.ts'
import type { QueryApi } from './cluster/query-api.ts'
import type { RoundTripApi } from './cluster/round-trip-api.ts'
import type { StateApi } from './cluster/state-api.ts'
import type { StartOptions } from './history/start.ts'
import type { ReachApi } from './probe/reach-api.ts'
import type { ValidatorApi } from './validator/api.ts'
import type { Payload } from './gather-payload.ts'

/** When a publish is to happen. */
export interface PublishOptions {
  /** Publish only once this many peers subscribe to the topic. */
  readonly waitPeers?: number
  /** Wait until so many peers, or each of these (by id, its end, or name), have signed that they stored the message. */
  readonly receipts?: number | readonly string[]
  /**
   * How long to wait, in ms. Too few peers in that time: error `timeout`, and nothing is published. Too few receipts: the
   * answer says which there are, and the outbox goes on asking. Default 30,000 for each.
   */
  readonly timeoutMs?: number
  /**
   * Ids of messages that it refers to, whole or prefixes of at least 6 digits that this node knows, at most 64. It then
   * travels in an envelope of its own. Errors `usage`, `not-found`.
   */
  readonly parents?: readonly string[]
  readonly signal?: AbortSignal
}

/** A live reader: messages of its topics from `ready` on, and a gap wherever it was too slow. Ends with the node. */
export interface Subscription extends AsyncIterable<MessageView | GapView> {
  /**
   * Connected peers when the reader became live, by topic. Any of them may bring messages: who publishes need not
   * subscribe. `otherwise`: nodes known to go by another definition of the topic, where there are any.
   */
  readonly peers: ReadyView['ready']
  /** The place behind the item that was taken last: a later reader goes on from there with {@link SubscribeOptions.after}. */
  readonly cursor: string
  /** Set if it reads for a consumer; `refilled`: when the store was lost, and the consumer began again. */
  readonly consumer?: { readonly consumer: string; readonly session: string; readonly refilled?: string }
  /** Acknowledges messages of a consumer; resolves when that is on disk. Error `usage`. */
  ack(messages: readonly { readonly arrival?: number }[]): Promise<void>
  close(): void
}

/** What else to read, from where, and how. */
export interface SubscribeOptions extends StartOptions {
  /** Globs: all held topics that match one, also those held only later. */
  readonly match?: readonly string[]
  /**
   * The cursor of an earlier reader: what it missed comes first, and a gap where nobody knows what that was. It goes
   * before `since`, `last` and `all`.
   */
  readonly after?: string
  /**
   * Reads for the consumer of this name, which goes on behind what it has acknowledged, across restarts and crashes. A
   * consumer that is new begins where `since`, `last` or `all` say, or now. It has one reader at a time: error `busy`.
   */
  readonly consumer?: string
  /** For a consumer: messages that are handed out and not acknowledged, at most; 1 to 10,000. Default 1,000. */
  readonly window?: number
  /**
   * `author`: each author's messages in sequence. `causal`: messages behind the parents that they name. What is missing
   * is waited for, and then shown as a gap. Default: in the order in which they came.
   */
  readonly ordered?: 'author' | 'causal'
  /** With `ordered`: how long to wait for what is missing, in ms. Default 2,000. */
  readonly gapWaitMs?: number
}

/** When to give up. */
export interface PeerWait {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * The peers of a node. A peer is named by its id, at least 6 characters of the id's end, or its own name; errors `usage`
 * (ambiguous, no such form), `not-found`.
 */
export interface PeerApi {
  show(peer: string): PeerDetailView
  /** Keeps the peer of a multiaddr with peer id: dialled for ever, across restarts. */
  add(address: string): Promise<PeerView>
  /** Forgets a peer and its addresses; a connection stays open. */
  remove(peer: string): { readonly peerId: string }
  /** Takes a peer or a multiaddr. Errors: `unreachable`, `blocked`, `timeout` (default 15,000 ms). */
  connect(peer: string, wait?: PeerWait): Promise<PeerView>
  /** Ends the connections, and dials the peer no more until `connect`, `add` or a restart. */
  disconnect(peer: string): Promise<{ readonly peerId: string; readonly closed: number }>
  /** Errors: `unreachable`, `timeout` (default 5,000 ms). */
  ping(peer: string, wait?: PeerWait): Promise<PingView>
  blocked(): BlocksView
  /** Keeps out a peer, an IP or a range, across restarts, and ends its connections. */
  block(target: string): { readonly target: string; readonly closed: number }
  /** Lets in again; with `only`, nobody but these and those named so before. */
  allow(targets: readonly string[], only?: boolean): BlocksView
  /** Ends `only`: whoever is not blocked is let in. */
  allowAll(): BlocksView
}

/** When to give up a comparison. */
export interface CompareOptions {
  /** In all, in ms. Default 30,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** What else to do in a session. */
export interface SyncOptions extends CompareOptions {
  /** Only say what would come and go. */
  readonly dryRun?: boolean
}

/**
 * Stores of peers beside that of this node. Errors `not-held`, and `usage` for a topic that keeps nothing, or a name that
 * is nobody's.
 */
export interface CompareApi {
  /** Asks these peers, or all that can be reached and hold the topic. What does not answer in time is part of the result. */
  verify(topic: string, peers: readonly string[], options?: CompareOptions): Promise<TopicVerifyView>
  /** Makes the stores of this node and a peer equal, now. Errors: `unreachable`, `timeout`. */
  sync(topic: string, peer: string, options?: SyncOptions): Promise<TopicSyncView>
}

/** Proof that authors signed two different messages under one sequence, as far as this node holds both. */
export interface EvidenceApi {
  /** The oldest first; at most 256 pieces, 4 of one author. */
  list(): readonly EvidenceView[]
  /** Takes an id, or at least its first 6 digits. Errors `not-found`, `usage` (ambiguous). */
  show(id: string): Promise<EvidenceDetailView>
}

/** The payload of a message. */
export interface Body {
  /** Of the message, hex. */
  readonly id: string
  readonly topic: string
  /** Bytes. */
  readonly size: number
  /** To be read once. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** What a node has kept. */
export interface HistoryApi {
  /** Errors: `not-found`, `usage` (ambiguous), `not-held`. */
  body(query: BodyQuery): Promise<Body>
  /** Messages of a held topic, in the order in which they came. Errors `not-held`, `usage`, `not-found`. */
  read(query: HistoryQuery): AsyncIterable<MessageView>
  /** The header, then one envelope each. Error `not-held`. */
  export(topic: string): AsyncIterable<ExportHeader | ExportLine>
  /**
   * Brings envelopes by their wire bytes, and checks them like those of a peer: one result each, in order, after they are
   * on disk. Holds the topic. Errors: `usage` if it keeps nothing, `disk`.
   */
  import(topic: string, wires: AsyncIterable<Uint8Array>): AsyncIterable<ImportView>
}

/** The named readers of a node. */
export interface ConsumerApi {
  list(): Promise<readonly ConsumerView[]>
  /** Error `not-found`. */
  show(name: string): Promise<ConsumerView>
  /** Errors `not-found`, `busy`. */
  remove(name: string): Promise<void>
  /** Puts it at another place; by default, behind everything that is stored. Errors `not-found`, `busy`, `usage`. */
  reset(name: string, start?: StartOptions): Promise<ConsumerView>
  /** Acknowledges what a session handed out, by arrival numbers. Errors `not-found`, `usage`. */
  ack(name: string, session: string, arrivals: readonly number[]): Promise<{ readonly acked: number }>
}

/** Own messages that are not yet known to be held elsewhere. */
export interface OutboxApi {
  /** The oldest first; at most `limit` (default 100, 1,000 at most). */
  list(query: OutboxQuery): Promise<readonly OutboxView[]>
  /**
   * Announces messages again, and asks who has them: all, or the one with this id (whole, or at least its first 6 digits,
   * and its last ones). Errors: `not-found`, `usage` (several fit).
   */
  retry(id?: string, end?: string): Promise<OutboxRetryView>
  /**
   * Takes back a message that has not left this node; with `envelope` those signed together with it too. Errors:
   * `not-found`, `usage` (several fit, or it was signed with others), `rejected` (it may be elsewhere).
   */
  cancel(id: string, options?: { readonly end?: string; readonly envelope?: boolean }): Promise<OutboxCancelView>
}

/** Receipts that this node was given. Messages by id, whole or at least 6 digits. Errors: `usage`, `not-found`. */
export interface ReceiptApi {
  of(id: string): Promise<ReceiptsView>
  /** As a file that anybody can check. */
  file(id: string): Promise<ReceiptFile>
}

/** What a running node offers to its control API, and to programs that embed it. */
export interface NodeApi {
  status(): StatusView
  network(): NetworkView
  /** A ticket with at most 8 of this node's and its bootstrap peers' addresses. */
  ticket(): string
  /** Connected peers, or with `all` everyone known. */
  peers(all?: boolean): readonly PeerView[]
  readonly peering: PeerApi
  readonly evidence: EvidenceApi
  readonly comparing: CompareApi
  readonly consumers: ConsumerApi
  readonly history: HistoryApi
  /** Error `usage` in a network of dialect pubsub. */
  readonly state: StateApi
  readonly members: MemberApi
  /** Error `usage` there too. */
  readonly queries: QueryApi
  readonly rtt: RoundTripApi
  readonly reach: ReachApi
  topics(): readonly TopicView[]
  /** Holds a topic, by name or under a definition. Errors: `usage`, `held-otherwise`. */
  hold(topic: string | TopicDefinitionInput): Promise<TopicView>
  /** Holds a topic under a definition; with `replace` also where another is in force. Errors: `usage`, `held-otherwise`. */
  define(definition: TopicDefinitionInput, replace?: boolean): Promise<TopicDetailView>
  /** The definition of a held topic, and who goes by it. Error `not-held`. */
  showTopic(topic: string): Promise<TopicDetailView>
  release(topic: string): Promise<void>
  /**
   * Publishes a payload, which may come in pieces, such as a file's; it is in memory as a whole. Errors: `usage` (topic name),
   * `oversize`, `bad-schema`, `rejected`, `overloaded`, `disk`, `timeout`.
   */
  publish(topic: string, payload: Payload, options?: PublishOptions): Promise<PublishView>
  /** Resolves once peers count of every topic is at least `waitPeers`. */
  waitForPeers(topic: string, options: PublishOptions): Promise<void>
  /** Errors: `usage`, `not-found` (no message with the id), `busy` (the consumer has a reader). */
  subscribe(topics: readonly string[], options?: SubscribeOptions): Promise<Subscription>
  /** Takes a whole id or a unique prefix of at least 6 hex digits; errors `not-found`, `usage` (ambiguous). */
  why(id: string): WhyView
  /** The same, and of our own messages who holds them. */
  explain(id: string): Promise<WhyView>
  readonly validators: ValidatorApi
  readonly outbox: OutboxApi
  readonly receipts: ReceiptApi
  /** Lines of the log: the last ones, and those that come, until closed or the node ends. */
  logs(query: LogQuery): AsyncIterable<LogView | GapView> & { close(): void }
  /** Leaves the network and ends all readers; resolves when nothing of the node is left. */
  stop(): Promise<void>
}
