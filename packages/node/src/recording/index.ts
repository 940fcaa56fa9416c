/**
 * Recordings of nodes, as files (docs/replay.md).
 *
 * @example
 * ```ts
 * for (const entry of readRecording('alice.rec')) console.log(entry.type) // life, start, step, …, end
 * ```
 */
export { viewRecord } from '../control-view.ts'
export { findRecord } from '../record-search.ts'
export { OtherJudge } from './other-judge.ts'
export { readRecording, type RecordingTail } from './read-recording.ts'
export { rulesOfDefinition } from './rules-of-definition.ts'
