import type { KeyList } from './key.ts'
import type { RangeSummary } from './key-range.ts'

/** Whether a session fetches what differs, or only finds it. */
export type SessionMode = 'sync' | 'verify'

/**
 * How a session ended.
 *
 * - `done`: both sides have what they asked for; more may differ if the report is not complete.
 * - `not-held`, `busy`, `unknown-version`: the peer refused the session.
 * - `closed`: the host of this side ended it; `peer-closed`: that of the other.
 * - The peer broke the protocol: `bad-frame` (not canonical, or outside its ranges), `unexpected-frame` (not its turn),
 *   `unrequested` (a record that nobody asked for, or one twice), `over-budget` (more than a session allows).
 * - `peer-refused`: the peer says the same of us.
 * - `other-definition`: the peer names messages by another rule than we do; its host found that, not the session.
 */
export type EndReason =
  | 'done'
  | 'not-held'
  | 'busy'
  | 'unknown-version'
  | 'closed'
  | 'peer-closed'
  | 'bad-frame'
  | 'unexpected-frame'
  | 'unrequested'
  | 'over-budget'
  | 'peer-refused'
  | 'other-definition'

/** Whether an end means that the peer broke the protocol. */
export const isBreach = (reason: EndReason): boolean =>
  reason === 'bad-frame' || reason === 'unexpected-frame' || reason === 'unrequested' || reason === 'over-budget'

/** Differences within a span of time, both ends included, in µs. */
export interface TimeSpan {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** What one side lacks of the other's keys. */
export interface Lack {
  /** Keys that it does not have, those that it refused left out. */
  readonly missing: number
  /** Keys that it refused, as its host said. */
  readonly refused: number
  /** Where the missing ones are, at most 16 spans in order of time. */
  readonly spans: readonly TimeSpan[]
}

/** What the side that opened a session knows at the end of the search. */
export interface SessionReport {
  /** The range that was compared: author times from `from`, included, to `end`, excluded, in µs. */
  readonly from: number
  readonly end: number
  readonly own: RangeSummary
  readonly peer: RangeSummary
  /** Both sides hold the same keys in the range. */
  readonly equal: boolean
  /** All differences were found; false when there are more than a session takes: the next one goes on. */
  readonly complete: boolean
  readonly lackedByUs: Lack
  /** What it refused is known in verify mode only. */
  readonly lackedByPeer: Lack
}

/** An envelope, or another form of record, that holds one or more of the keys asked for. */
export interface StoredRecord {
  /** Which of the keys asked for it holds: their indexes, ascending. */
  readonly keys: readonly number[]
  /** At most 1 MiB; a raw payload can be empty. */
  readonly bytes: Uint8Array
}

/** What a session asks of its host. */
export type SessionOutput =
  /** Send a frame, at most 65,536 bytes, in order. */
  | { readonly type: 'send'; readonly frame: Uint8Array }
  /** Fetch the records of these keys for the peer, ascending; answer with `loaded`, once for each. */
  | { readonly type: 'load'; readonly keys: KeyList }
  /** A record came. The session only knows that it was asked for: check that it holds just these keys, and judge it as live. */
  | { readonly type: 'record'; readonly keys: KeyList; readonly bytes: Uint8Array }
  /** All that was asked for at once was answered; call `next` when the host can take more. */
  | { readonly type: 'answered'; readonly missing: KeyList; readonly refused: KeyList }
  /** The search is over. Only at the side that opened the session. */
  | { readonly type: 'report'; readonly report: SessionReport }
  /** Nothing follows, and the session takes nothing any more. */
  | { readonly type: 'ended'; readonly reason: EndReason }
