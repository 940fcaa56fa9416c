/**
 * The control API as data and types, apart from the rest of the protocol: a client that loads only this starts in a
 * few milliseconds.
 *
 * @example
 * ```ts
 * routes.publish // { method: 'POST', path: '/v1/publish', … }
 * ```
 */
export type * from './body-shape.ts'
export type * from './compare-shape.ts'
export type * from './contract.ts'
export type * from './evidence-shape.ts'
export type * from './member-shape.ts'
export type * from './outbox-shape.ts'
export type * from './probe-shape.ts'
export type * from './query-shape.ts'
export type * from './recording-shape.ts'
export type * from './round-trip-shape.ts'
export * from './routes.ts'
export type * from './history-shape.ts'
export type * from './shape.ts'
export type * from './state-contract.ts'
export type * from './state-shape.ts'
export type * from './validator-shape.ts'
