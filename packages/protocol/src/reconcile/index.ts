/**
 * Reconciliation of what two nodes hold on a topic (docs/protocol.md, "Reconciliation"): an index of all keys, and
 * sessions that find and transfer what differs. Pure: frames and events in, frames and results out.
 *
 * @example
 * ```ts
 * const index = new SetIndex(sketchKey(networkId, 'chat'))
 * index.add(time, messageId) // true: it is new
 * index.summary({ from: firstBound, to: lastBound }) // { count: 1, sum: … }
 * ```
 */
export * from './key.ts'
export { sketchKey } from './key-hash.ts'
export type { Part, RangeSummary } from './key-range.ts'
export { SetIndex } from './set-index.ts'
export { type EndCode, type Frame, frameSizeMax, type RecordPiece } from './frame.ts'
export { decodeFrame } from './frame-decode.ts'
export { encodeFrame, reconcileVersion } from './frame-encode.ts'
export * from './opening.ts'
export { Session } from './session.ts'
export type * from './session-options.ts'
export * from './session-output.ts'
