/**
 * Questions to members, and their answers (docs/state.md). Pure: events in, actions out.
 *
 * @example
 * ```ts
 * const queries = new Queries({ networkId, owner, epoch: 1, seed: 7, tagOf: () => undefined })
 * queries.handle({ type: 'links', peers }, 0)
 * queries.handle({ type: 'ask', ref: 1, question, time }, 0)
 * // [{ type: 'sign', … }]: sign the bytes, and feed back { type: 'signed', … }
 * ```
 */
export * from './frame.ts'
export * from './limits.ts'
export { Queries, type QueriesOptions } from './queries.ts'
export { decodeQuery, encodeQuery, type Query, queryIdOf, queryIdSize, querySignedBytes } from './query.ts'
export type * from './query-event.ts'
