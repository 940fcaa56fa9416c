/**
 * Who is there, who is silent, and who left (docs/state.md): a failure detector on top of replicated state. Pure: events in,
 * actions out.
 *
 * @example
 * ```ts
 * const membership = new Membership({ owner, epoch: 1, now: 0 })
 * membership.handle({ type: 'links', peers }, 0)
 * // feed it what the replica says (`changed`, `beat`, `exchanged`), and the replica what it says (`set`, `contacts`)
 * ```
 */
export { ArrivalWindow, type ArrivalOptions } from './arrival-window.ts'
export type { MemberStatus } from './member-row.ts'
export type * from './member-event.ts'
export { Membership } from './membership.ts'
export * from './node-record.ts'
export { type MemberOptions, memberOptions } from './options.ts'
export * from './record.ts'
export * from './tag-filter.ts'
