/**
 * State that every node has of every node (docs/state.md): a map of keys for each owner, signed by it, kept equal by rounds
 * of gossip. Pure: events in, actions out.
 *
 * @example
 * ```ts
 * const replica = new Replica({ networkId, owner, epoch: 1, seed: 7 })
 * replica.handle({ type: 'set', key: 'role', value, time }, 0)
 * // [{ type: 'sign', … }]: sign the bytes, and feed back { type: 'signed', … }
 * ```
 */
export { decodeEntry, type Entry, entrySizeMax, makeEntry, stateVersionMax } from './entry.ts'
export * from './frame.ts'
export { decodeDelta, decodeStateFrame } from './frame-decode.ts'
export { encodeDelta, encodeStateFrame } from './frame-encode.ts'
export * from './limits.ts'
export * from './prefix.ts'
export { entryOf, type Head, headSignedBytes, type OwnerState, rootOf } from './owner-state.ts'
export { Replica, type ReplicaOptions } from './replica.ts'
export type * from './replica-event.ts'
export { decodeOwnerState, encodeOwnerState } from './stored.ts'
export { type RoundOptions, roundOptions } from './rounds.ts'
export { changeSet, readSet, type SetChange } from './shared/add-wins-set.ts'
export { aheadUsMax, compareTimes, type HybridTime, timeAfter } from './shared/clock.ts'
export type { Contribution } from './shared/contribution.ts'
export { addToCounter, decodeCounter, readCounter } from './shared/counter.ts'
export * from './shared/register.ts'
export { readSharedKey, type SharedKey, sharedKeyOf, type SharedKind } from './shared/shared-key.ts'
export * from './shared/set-part.ts'
