import type { Dissemination, TopicDefinition } from '../definition.ts'
import type { JournalStep } from '../journal.ts'
import type { BodiesView, BodyProgressView } from './body-shape.ts'
import type { ClusterView } from './member-shape.ts'
import type { ValidatorView } from './validator-shape.ts'
import type { OutboxView, ReceiptView } from './outbox-shape.ts'
import type { Reason, Verdict } from '../verdict.ts'
import type { RecordingView } from './recording-shape.ts'

/**
 * A message as commands print it and the API sends it: `text` if the payload is valid UTF-8, else `base64`; above 256 KiB
 * `bodySize` in place of both.
 */
export interface MessageView {
  /** Hex. */
  readonly id: string
  readonly topic: string
  /** The author's peer id; absent for a raw message of another node, which nobody signed. */
  readonly author?: string
  /** The peer that delivered it; our own peer id for what we published. */
  readonly from: string
  readonly epoch: number
  /** In a network of dialect `pubsub` the author's sequence number in decimal digits: it has 64 bits. */
  readonly seq: number | string
  /** Author time, ISO 8601 with microseconds cut to milliseconds; where messages carry none, when it came. */
  readonly time: string
  /** Payload bytes. */
  readonly size: number
  readonly via: 'live' | 'history'
  /** Ids of the messages that it refers to. */
  readonly parents?: readonly string[]
  /** Its number in the order in which this node kept messages, over all topics; absent where nothing is kept. */
  readonly arrival?: number
  /** For a consumer: it may have been handed out before, without an acknowledgement. */
  readonly redelivered?: true
  /** In an order: what belongs behind it came out before, after a gap. */
  readonly late?: true
  readonly text?: string
  readonly base64?: string
  /** Bytes of the payload, which the route `body` gives. */
  readonly bodySize?: number
}

/** Sent in place of messages that a reader missed: it was too slow, or away for too long; or they did not come. */
export interface GapView {
  readonly gap: {
    /** How many; absent where nobody knows: the node restarted since, or no longer has what came. */
    readonly missed?: number
    readonly topic?: string
    /** In the order of authors: whose messages, of which epoch, from which sequence to which. */
    readonly author?: string
    readonly epoch?: number
    readonly first?: number
    readonly last?: number
    /** In causal order: the message that comes next, and its parents that did not come. */
    readonly of?: string
    readonly parents?: readonly string[]
  }
}

/** A line of a node's log. Further fields are the line's own. */
export interface LogView {
  /** ISO 8601. */
  readonly time: string
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Which part of the node speaks: `node`, `gossip`, `control`, `libp2p:…`. */
  readonly part: string
  readonly text: string
  readonly [field: string]: unknown
}

/** The network of a home. */
export interface NetworkView {
  readonly name: string
  /** Hex, 64 characters. */
  readonly id: string
  readonly dialect: 'grapevine' | 'pubsub'
  /** Whether it has a pre-shared key; the key itself is never shown. */
  readonly private: boolean
  /** Addresses that the ticket named. */
  readonly bootstrap: readonly string[]
}

/** A topic and who takes part in it. */
export interface TopicView {
  readonly topic: string
  readonly held: boolean
  /** Connected peers that subscribe to it. */
  readonly peers: number
  /** Peers in our mesh. */
  readonly mesh: number
  /** Live readers on this node. */
  readonly readers: number
  /** SHA-256 of its definition, in hex: who has the same hash means the same topic. */
  readonly hash: string
  /** Peers and authors that are known to go by another definition. */
  readonly otherwise: number
  /** How payloads travel; absent: they are pushed. */
  readonly dissemination?: Dissemination
  /** Who judges it from outside of the node. */
  readonly validator?: ValidatorView
  /** Messages that wait here to be judged again, and what they take in memory; absent where none does. */
  readonly deferred?: { readonly messages: number; readonly bytes: number }
}

/** A topic with its definition, and who goes by it. */
export interface TopicDetailView extends TopicView {
  readonly definition: TopicDefinition
  /** Whether nobody defined it: any bytes, up to what an envelope carries. */
  readonly isDefault: boolean
  /** What this node keeps of it; absent where nothing was ever kept. */
  readonly stored?: {
    readonly messages: number
    /** On the wire. */
    readonly bytes: number
    /** Author times, ISO 8601: of the oldest message; and below which retention has let go of all. */
    readonly oldest?: string
    readonly floor?: string
  }
  /** Connected peers, and the 64 authors that spoke last. */
  readonly others: readonly TopicOtherView[]
}

/** What another node means by a topic. */
export interface TopicOtherView {
  readonly peerId: string
  readonly short: string
  /** How it is known: the peer said so, or its messages do. */
  readonly by: 'peer' | 'message'
  readonly agrees: boolean
  /** The first 16 hex digits of the hash of its definition; absent: it defined none. */
  readonly schemaId?: string
}

/** A peer that this node knows. */
export interface PeerView {
  readonly peerId: string
  /** Its short form, `…Qm7xKd`. */
  readonly short: string
  /** What it calls itself, `init --name`: no proof of who it is. */
  readonly name?: string
  /** How it came to be known: by a ticket, from the user, or by meeting it. The first two are dialled for ever. */
  readonly origin?: 'bootstrap' | 'added' | 'learned'
  /** `paused`: the user has disconnected it, and it is not dialled until the user connects it or the node restarts. */
  readonly state: 'connected' | 'dialing' | 'waiting' | 'paused' | 'blocked'
  readonly addresses: readonly string[]
  readonly direction?: 'inbound' | 'outbound'
  /** ISO 8601 time since when it is connected. */
  readonly since?: string
  /** What it calls its software: hostile text, at most 64 printable characters of it. */
  readonly agent?: string
  /** Held topics that it subscribes to. */
  readonly topics: readonly string[]
  /** Gossipsub score. */
  readonly score?: number
  /** What it does otherwise than this network, so that messages do not get through; and what can be done. */
  readonly problem?: string
  readonly hint?: string
  /** Why the last dial failed, and when the next is due (ISO 8601). */
  readonly lastError?: string
  readonly nextDial?: string
}

/** All that this node knows of a peer. */
export interface PeerDetailView extends PeerView {
  readonly connections: readonly {
    readonly address: string
    readonly direction: 'inbound' | 'outbound'
    /** ISO 8601. */
    readonly since: string
    readonly streams: number
  }[]
  /** Addresses in the order in which they are dialled; times in ISO 8601. */
  readonly known: readonly {
    readonly address: string
    /** Failed dials since the last that worked. */
    readonly failures: number
    readonly lastOk?: string
    readonly lastError?: string
  }[]
  /** What it speaks, as it says: hostile text, clipped. */
  readonly protocols: readonly string[]
  /** When it was last connected, ISO 8601. */
  readonly seen?: string
}

/** A ping that was answered. */
export interface PingView {
  readonly peerId: string
  /** Round-trip time in ms. */
  readonly ms: number
}

/** Whom this node keeps out. */
export interface BlocksView {
  /** Peer ids. */
  readonly peers: readonly string[]
  /** IPs, and ranges such as `192.0.2.0/24`. */
  readonly ranges: readonly string[]
  /** If present, only these peers are let in. */
  readonly only?: readonly string[]
}

/** The state of a running node. */
export interface StatusView {
  readonly pid: number
  readonly peerId: string
  readonly short: string
  readonly name?: string
  readonly version: string
  readonly home: string
  /** ISO 8601. */
  readonly started: string
  readonly addresses: readonly string[]
  readonly network: NetworkView
  readonly peers: readonly PeerView[]
  readonly topics: readonly TopicView[]
  readonly counters: CountersView
  /** Pieces of evidence that an author signed two different messages under one number. */
  readonly evidence: number
  /** Absent in a network of dialect pubsub. */
  readonly cluster?: ClusterView
  /** Set once another node was seen to run under this identity: since when, and which peer told. */
  readonly twin?: { readonly since: string; readonly toldBy: string }
  /** Set if the events of this node are recorded. */
  readonly recording?: RecordingView
}

/** Counts since the start of the node. */
export interface CountersView {
  readonly published: number
  readonly delivered: number
  readonly copies: number
  /** Envelopes by verdict and by reason. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>
  readonly reasons: Readonly<Partial<Record<Reason, number>>>
  /** Bytes of process memory (resident set). */
  readonly memory: number
  /** Absent in a network of dialect pubsub. */
  readonly bodies?: BodiesView
}

/** What became of a publish. */
export interface PublishView {
  /** Hex. */
  readonly id: string
  readonly topic: string
  /** Peers that it went to at once. */
  readonly peers: number
  /**
   * `queued`: no peer yet, it is kept and goes out when one comes; `local`: no peer yet, and the topic keeps nothing;
   * `duplicate`: the same content was accepted before; `receipted`: as many peers as asked for have signed that they
   * stored it.
   */
  readonly state: 'sent' | 'queued' | 'local' | 'duplicate' | 'receipted'
  /** Who has signed, where receipts were asked for. */
  readonly receipts?: readonly ReceiptView[]
  /** How many were to sign. */
  readonly wanted?: number
}

/** What this node did with a message. */
export interface WhyView {
  readonly id: string
  readonly topic: string
  readonly gossipId: string
  readonly author?: string
  readonly epoch?: number
  readonly seq?: number | string
  /** Author time, ISO 8601. */
  readonly time?: string
  readonly self: string
  /** In the order in which they happened; `at` in ISO 8601. */
  readonly steps: readonly (Omit<JournalStep, 'at'> & { readonly at: string })[]
  readonly stepsDropped: number
  readonly copies: number
  /** Set while it waits for its body. */
  readonly body?: BodyProgressView
  /** Ids of evidence that its author signed another message under the same number. */
  readonly evidence?: readonly string[]
  /** Of our own: whether it is in the outbox, or which peer was the first that was known to hold it. */
  readonly outbox?: { readonly state: OutboxView['state']; readonly heldBy?: string }
  /** Receipts of it that this node has. */
  readonly receipts?: readonly ReceiptView[]
}

/** Every refusal of the API and, with `--json`, of the command line. */
export interface ErrorView {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string }
}
