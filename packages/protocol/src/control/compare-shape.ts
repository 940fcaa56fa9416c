import type { Reason } from '../verdict.ts'

/** What one side lacks of what the other holds, in the range that was compared. */
export interface LackView {
  readonly missing: number
  /** Messages that it does not want, by its own rules. */
  readonly refused: number
  /** Where the missing ones are, by author time (ISO 8601, both ends included), at most 16; none where ids come from content. */
  readonly spans: readonly { readonly from: string; readonly to: string; readonly count: number }[]
}

/**
 * What came of a comparison with a peer. `equal`: it holds the same. `refused`: the same but for messages that one side does
 * not want. `differs`: one side lacks some. `not-held`: it does not keep the topic. `unsupported`: it does not speak this.
 * `no-answer`: it broke off, or said nothing in time. `unreachable`: no connection.
 */
export type ComparisonState = 'equal' | 'refused' | 'differs' | 'not-held' | 'unsupported' | 'no-answer' | 'unreachable'

/** A peer's store of a topic beside that of this node. Numbers and root where it answered. */
export interface ComparisonView {
  readonly peerId: string
  readonly short: string
  readonly name?: string
  readonly state: ComparisonState
  /** Why there are no numbers. */
  readonly detail?: string
  readonly count?: number
  /** Sum of all keys, 32 hex digits: equal roots, equal stores. */
  readonly root?: string
  readonly lackedHere?: LackView
  readonly lackedThere?: LackView
  /** Whether all differences were counted: a session stops at 65,536 each way. */
  readonly complete?: boolean
}

/** Author times, in ISO 8601: `from`, included, to `to`, excluded. Absent where nothing limits. */
export interface TimeRangeView {
  readonly from?: string
  readonly to?: string
}

/** The stores of all peers that can be reached, compared over the range that all of them keep. */
export interface TopicVerifyView {
  readonly topic: string
  /** `differs` if one differs, `unanswered` if none answered, or one that speaks this did not in time. */
  readonly result: 'equal' | 'differs' | 'unanswered'
  readonly range: TimeRangeView
  readonly self: {
    readonly peerId: string
    readonly short: string
    readonly count: number
    readonly root: string
    /** Messages of peers that this node does not want, by reason, whatever their time. */
    readonly refused: Readonly<Partial<Record<Reason, number>>>
  }
  readonly peers: readonly ComparisonView[]
}

/** A session with one peer, or what one would do. */
export interface TopicSyncView {
  readonly topic: string
  readonly peerId: string
  readonly short: string
  readonly dryRun: boolean
  readonly range: TimeRangeView
  /** What each side lacked before. */
  readonly lackedHere: LackView
  readonly lackedThere: LackView
  /** Messages that came and were taken, that came in vain, and that the peer asked for; 0 in a dry run. */
  readonly came: number
  readonly refused: number
  readonly went: number
  /** Whether nothing is left over. */
  readonly complete: boolean
}
