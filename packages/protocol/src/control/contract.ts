import type { TopicDefinitionInput } from '../definition.ts'
import type { TopicSyncView, TopicVerifyView } from './compare-shape.ts'
import type { EvidenceDetailView, EvidenceView } from './evidence-shape.ts'
import type { ExportHeader, ExportLine } from '../export/line.ts'
import type { ReceiptFile } from '../receipt/file.ts'
import type { OutboxCancelView, OutboxRetryView, OutboxView, ReceiptsView } from './outbox-shape.ts'
import type { ProbeContract } from './probe-shape.ts'
import type { RoundTripContract } from './round-trip-shape.ts'
import type { StateContract } from './state-contract.ts'
import type { ValidatorAnswerLine, ValidatorInput, ValidatorQuestion, ValidatorView } from './validator-shape.ts'
import type { BodyQuery, ConsumerView, ImportView } from './history-shape.ts'
import type { MemberContract } from './member-shape.ts'
import type { QueryContract, QueryStreamName } from './query-contract.ts'
import type {
  BlocksView,
  ErrorView,
  GapView,
  LogView,
  MessageView,
  NetworkView,
  PeerDetailView,
  PeerView,
  PingView,
  PublishView,
  StatusView,
  TopicDetailView,
  TopicView,
  WhyView,
} from './shape.ts'

/** The routes that answer item by item for as long as both sides like. */
export type StreamName =
  | 'publishLines'
  | 'subscribe'
  | 'history'
  | 'export'
  | 'import'
  | 'logs'
  | 'validate'
  | 'stateWatch'
  | 'sharedWatch'
  | 'memberWatch'
  | QueryStreamName

/** The routes that answer with bytes. */
export type BytesName = 'body'

/** The routes that answer with one JSON value. */
export type CallName = Exclude<RouteName, StreamName | BytesName>

/** The name of a route. */
export type RouteName = keyof Contract

/** Options of a publish. */
export interface PublishQuery {
  readonly topic: string
  /** Publish only once this many peers subscribe to the topic; code `timeout` if that takes longer than `timeout` ms. */
  readonly waitPeers?: number
  /** Answer once this many peers have signed that they stored the message, or `timeout` ms are over. */
  readonly receipts?: number
  /** Or once these have: each by id, at least 6 characters of its end, or name. */
  readonly receiptsFrom?: readonly string[]
  readonly timeout?: number
  /** Messages that it refers to: whole ids, or prefixes of at least 6 digits that the node knows. */
  readonly parent?: readonly string[]
}

/** Where a reader begins: at most one of these. Absent: with the next message. */
export interface StartQuery {
  /** With what was said from this time on (ISO 8601, by the clocks of the authors), or behind the message with this id. */
  readonly since?: string
  /** With the last so many messages that came. */
  readonly last?: number
  /** With the oldest message that is kept. */
  readonly all?: boolean
}

/** A message by its id, or by the first 6 digits or more, and the last ones where people have those too. */
export interface IdInput {
  readonly id: string
  readonly end?: string
}

/** Which entries of the outbox. */
export interface OutboxQuery {
  readonly topic?: string
  readonly state?: OutboxView['state']
  /** At most so many; default 100. */
  readonly limit?: number
}

/** What to read: topics, globs, or the topics of a consumer. */
export interface SubscribeQuery extends StartQuery {
  /** Topics by name. */
  readonly topic?: readonly string[]
  /** Globs: all held topics that match one, also those held only later. `*` stands for any characters, `?` for one. */
  readonly match?: readonly string[]
  /** Goes on behind what this consumer has acknowledged; a new one begins where the query says. */
  readonly consumer?: string
  /** Messages of a consumer that are handed out and not acknowledged, at most. */
  readonly window?: number
  readonly ordered?: 'author' | 'causal'
  /** With `ordered`: how long to wait for what is missing, in ms. */
  readonly gapWait?: number
}

/** Which messages of a topic, all conditions together; in the order in which they came. */
export interface HistoryQuery {
  readonly topic: string
  /** A peer id, or the end of one that this node knows. */
  readonly author?: string
  /** ISO 8601, by the clocks of the authors: from `since` on, and before `until`. */
  readonly since?: string
  readonly until?: string
  /** Only the last so many. */
  readonly last?: number
  /** Only the message with this id, whole or its first 6 digits or more. */
  readonly id?: string
  /** The newest first. */
  readonly reverse?: boolean
}

/** A line of `import` on its way in: the wire bytes of one envelope. */
export interface ImportInput {
  readonly wire: string
}

/** A line of `publishLines` on its way in: one of the two. */
export type LineInput = { readonly text: string } | { readonly base64: string }

/**
 * First event of a subscription, once messages will be seen: its topics, each with the connected peers, since who publishes
 * need not subscribe, and, where there are any, how many nodes go by another definition of it. Others are messages or gaps.
 */
export interface ReadyView {
  readonly ready: Readonly<Record<string, { readonly peers: number; readonly otherwise?: number }>>
  /** For a consumer: what acknowledgements name, and when the store was lost if it ever was. */
  readonly consumer?: { readonly consumer: string; readonly session: string; readonly refilled?: string }
}

/** Which lines of the log are wanted. */
export interface LogQuery {
  readonly level?: LogView['level']
  readonly last?: number
}

/** Parameters, body and answer of each route. For `events` and `ndjson` the answer is one item. */
export interface Contract extends MemberContract, ProbeContract, QueryContract, RoundTripContract, StateContract {
  readonly status: { params: {}; answer: StatusView }
  readonly stop: { params: {}; answer: { readonly pid: number } }
  readonly network: { params: {}; answer: NetworkView }
  readonly ticket: { params: {}; answer: { readonly ticket: string } }
  readonly peers: { params: { readonly all?: boolean }; answer: readonly PeerView[] }
  readonly peerAdd: { params: {}; body: { readonly address: string }; answer: PeerView }
  readonly peer: { params: { readonly peer: string }; answer: PeerDetailView }
  readonly peerRemove: { params: { readonly peer: string }; answer: { readonly peerId: string } }
  readonly peerConnect: { params: { readonly timeout?: number }; body: { readonly peer: string }; answer: PeerView }
  readonly peerDisconnect: {
    params: { readonly peer: string }
    answer: { readonly peerId: string; readonly closed: number }
  }
  readonly peerPing: { params: { readonly peer: string; readonly timeout?: number }; answer: PingView }
  readonly blocked: { params: {}; answer: BlocksView }
  readonly block: {
    params: {}
    body: { readonly target: string }
    answer: { readonly target: string; readonly closed: number }
  }
  readonly allow: {
    params: {}
    body: { readonly targets: readonly string[]; readonly only?: boolean }
    answer: BlocksView
  }
  readonly topics: { params: {}; answer: readonly TopicView[] }
  readonly topicHold: { params: {}; body: { readonly topic: string }; answer: TopicView }
  readonly topicDefine: {
    params: {}
    body: { readonly definition: TopicDefinitionInput; readonly replace?: boolean }
    answer: TopicDetailView
  }
  readonly topicShow: { params: { readonly topic: string }; answer: TopicDetailView }
  readonly topicVerify: {
    params: { readonly topic: string; readonly peer?: readonly string[]; readonly timeout?: number }
    answer: TopicVerifyView
  }
  readonly topicSync: {
    params: { readonly topic: string; readonly peer: string; readonly dryRun?: boolean; readonly timeout?: number }
    answer: TopicSyncView
  }
  readonly topicRelease: { params: { readonly topic: string }; answer: { readonly topic: string } }
  readonly publish: { params: PublishQuery; body: Uint8Array; answer: PublishView }
  /** An error takes the place of the result of its line; the others go on. */
  readonly publishLines: { params: PublishQuery; body: AsyncIterable<LineInput>; answer: PublishView | ErrorView }
  readonly subscribe: { params: SubscribeQuery; answer: ReadyView | MessageView | GapView }
  readonly evidence: { params: {}; answer: readonly EvidenceView[] }
  readonly evidenceShow: { params: { readonly id: string }; answer: EvidenceDetailView }
  readonly history: { params: HistoryQuery; answer: MessageView }
  readonly body: { params: BodyQuery; answer: Uint8Array }
  /** The header first. */
  readonly export: { params: { readonly topic: string }; answer: ExportHeader | ExportLine }
  /** One answer for each line, in order; an error ends it. */
  readonly import: {
    params: { readonly topic: string }
    body: AsyncIterable<ImportInput>
    answer: ImportView | ErrorView
  }
  readonly consumers: { params: {}; answer: readonly ConsumerView[] }
  readonly consumer: { params: { readonly consumer: string }; answer: ConsumerView }
  readonly consumerRemove: { params: { readonly consumer: string }; answer: { readonly consumer: string } }
  readonly consumerReset: { params: { readonly consumer: string }; body: StartQuery; answer: ConsumerView }
  readonly consumerAck: {
    params: { readonly consumer: string }
    body: { readonly session: string; readonly arrivals: readonly number[] }
    answer: { readonly acked: number }
  }
  readonly outbox: { params: OutboxQuery; answer: readonly OutboxView[] }
  readonly outboxRetry: { params: {}; body: Partial<IdInput>; answer: OutboxRetryView }
  readonly outboxCancel: {
    params: {}
    body: IdInput & { readonly envelope?: boolean }
    answer: OutboxCancelView
  }
  readonly receipts: { params: { readonly id: string }; answer: ReceiptsView }
  readonly receiptFile: { params: { readonly id: string }; answer: ReceiptFile }
  readonly validatorSet: { params: {}; body: ValidatorInput; answer: ValidatorView }
  readonly validatorRemove: { params: { readonly topic: string }; answer: { readonly topic: string } }
  /** Until the client ends it, the validator of the topic changes, or the node stops. */
  readonly validate: {
    params: { readonly topic: string }
    body: AsyncIterable<ValidatorAnswerLine>
    answer: ValidatorQuestion
  }
  readonly why: { params: { readonly id: string }; answer: WhyView }
  /** Lines of at least `level` (default `info`): the `last` of the file (default 0), then those that come. */
  readonly logs: { params: LogQuery; answer: LogView | GapView }
  readonly openapi: { params: {}; answer: { readonly [keyword: string]: unknown } }
}
