/**
 * What Grapevine nodes say, and what follows from it: envelopes, ids, tickets, verdicts, and the machine that decides.
 * Pure: no I/O, no clock, no ambient randomness. The host feeds events to a {@link Machine} and carries out its actions.
 *
 * @example
 * ```ts
 * const machine = new Machine({ networkId, author, epoch: 1, salt: 0 })
 * machine.handle({ type: 'hold', rules }, 0)
 * const actions = machine.handle({ type: 'publish', ref: 1, topic: 'chat', payload, time }, 5)
 * // [{ type: 'sign', … }]: sign the bytes, and feed back { type: 'signed', … }
 * ```
 */
export { authorsPerTopicMax, type AuthorDefinition } from './author-definitions.ts'
export { payloadSizeMax, withBody } from './body-message.ts'
export * from './body-reference.ts'
export * from './bytes.ts'
export * from './definition.ts'
export * from './defer/frame.ts'
export { parkBounds, type ParkBounds } from './defer/park.ts'
export * from './envelope.ts'
export * from './error.ts'
export * from './event.ts'
export * from './evidence/index.ts'
export { formatHashId, type HashIdRule, hashIdOf, idHashes, parseHashId } from './hash-id.ts'
export * from './id.ts'
export { IdTable, type IdTableOptions } from './id-table.ts'
export { stepsMax, type JournalRecord, type JournalStep } from './journal.ts'
export { Machine } from './machine.ts'
export type { BodyProgress, MachineOptions, Snapshot, TopicSummary } from './machine-options.ts'
export * from './peer-id.ts'
export { seenKey } from './seen-key.ts'
export { isLasting } from './store/refusals.ts'
export { keySize, type StoreRecord } from './store/record.ts'
export { messagesOf, type UnpackContext } from './store/unpack.ts'
export * from './export/index.ts'
export * from './order/index.ts'
export * from './reconcile/index.ts'
export * from './receipt/check.ts'
export * from './receipt/file.ts'
export * from './receipt/frame.ts'
export * from './receipt/receipt.ts'
export type { Signed } from './signed.ts'
export * from './text.ts'
export * from './ticket.ts'
export * from './topic.ts'
export { matchTopic } from './topic-glob.ts'
export * from './topic-name.ts'
export * from './verdict.ts'
export type * from './control/body-shape.ts'
export type * from './control/compare-shape.ts'
export type * from './control/contract.ts'
export type * from './control/evidence-shape.ts'
export type * from './control/member-shape.ts'
export type * from './control/outbox-shape.ts'
export type * from './control/query-shape.ts'
export type * from './control/recording-shape.ts'
export * from './control/routes.ts'
export type * from './control/history-shape.ts'
export type * from './control/shape.ts'
export type * from './control/validator-shape.ts'
export type * from './control/state-contract.ts'
export type * from './control/state-shape.ts'
