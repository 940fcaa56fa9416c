import type {
  BlocksView,
  EvidenceDetailView,
  EvidenceView,
  GapView,
  LogQuery,
  LogView,
  MessageView,
  NetworkView,
  PeerDetailView,
  PeerView,
  PingView,
  PublishView,
  StatusView,
  TopicDefinitionInput,
  TopicDetailView,
  TopicView,
  WhyView,
} from '@grapevine/protocol'

/** When a publish is to happen. */
export interface PublishOptions {
  /** Publish only once this many peers subscribe to the topic. */
  readonly waitPeers?: number
  /** How long to wait for that, in ms; then error `timeout`, and nothing is published. Default 30,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A live reader: messages of its topics from `ready` on, and a gap wherever it was too slow. Ends with the node. */
export interface Subscription extends AsyncIterable<MessageView | GapView> {
  /**
   * Connected peers when the reader became live, by topic. Any of them may bring messages: who publishes need not
   * subscribe.
   */
  readonly peers: Readonly<Record<string, { readonly peers: number }>>
  /** The place behind the item that was taken last: a later reader goes on from there with {@link SubscribeOptions.after}. */
  readonly cursor: string
  close(): void
}

/** What else to read, and from where. */
export interface SubscribeOptions {
  /** Globs: all held topics that match one, also those held only later. */
  readonly match?: readonly string[]
  /**
   * The cursor of an earlier reader: what it missed comes first. The node keeps the last 1,024 messages, 4 MiB at most;
   * beyond, and for a cursor of an earlier life of the node, there is a gap of unknown size.
   */
  readonly after?: string
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

/** Proof that authors signed two different messages under one sequence, as far as this node holds both. */
export interface EvidenceApi {
  /** The oldest first; at most 256 pieces, 4 of one author. */
  list(): readonly EvidenceView[]
  /** Takes an id, or at least its first 6 digits. Errors `not-found`, `usage` (ambiguous). */
  show(id: string): Promise<EvidenceDetailView>
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
  topics(): readonly TopicView[]
  /** Holds a topic, by name or under a definition. Errors: `usage`, `held-otherwise`. */
  hold(topic: string | TopicDefinitionInput): Promise<TopicView>
  /** Holds a topic under a definition; with `replace` also where another is in force. Errors: `usage`, `held-otherwise`. */
  define(definition: TopicDefinitionInput, replace?: boolean): Promise<TopicDetailView>
  /** The definition of a held topic, and who goes by it. Error `not-held`. */
  showTopic(topic: string): TopicDetailView
  release(topic: string): Promise<void>
  /** Errors: `usage` (topic name), `oversize`, `bad-schema`, `rejected`, `overloaded`, `timeout`. */
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<PublishView>
  /** Resolves once peers count of every topic is at least `waitPeers`. */
  waitForPeers(topic: string, options: PublishOptions): Promise<void>
  subscribe(topics: readonly string[], options?: SubscribeOptions): Promise<Subscription>
  /** Takes a whole id or a unique prefix of at least 6 hex digits; errors `not-found`, `usage` (ambiguous). */
  why(id: string): WhyView
  /** Lines of the log: the last ones, and those that come, until closed or the node ends. */
  logs(query: LogQuery): AsyncIterable<LogView | GapView> & { close(): void }
  /** Leaves the network and ends all readers; resolves when nothing of the node is left. */
  stop(): Promise<void>
}
