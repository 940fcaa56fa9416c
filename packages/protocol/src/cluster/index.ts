/**
 * A node among others (docs/state.md): replicated state and members held together. Pure: events in, actions out.
 *
 * @example
 * ```ts
 * const cluster = new Cluster({ networkId, owner, epoch: 1, seed: 7, now: 0, wall })
 * cluster.handle({ type: 'links', peers, seeds: [] }, 0)
 * cluster.handle({ type: 'set', key: 'u:role', value, time }, 5)
 * // [{ type: 'sign', … }]: sign the bytes, and feed back { type: 'signed', … }
 * ```
 */
export { Cluster, type ClusterOptions } from './cluster.ts'
export type * from './cluster-event.ts'
export type { Places } from './places.ts'
