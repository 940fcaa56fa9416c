/**
 * The broadcast workload of Maelstrom and Gossip Glomers: clients add values and read them, servers pass them on, and what
 * counts is messages for each operation and how soon no read lacks a value. Pure: a seed repeats a run.
 *
 * @example
 * ```ts
 * const run = runBroadcast({ ...broadcastDefaults, topology: 'tree4' }, 1)
 * // run.messagesPerOperation: about 12; run.reachMs.max: 500
 * ```
 */
export {
  broadcastDefaults,
  runBroadcast,
  type BroadcastOptions,
  type BroadcastRun,
  type Quantiles,
} from './broadcast.ts'
export { broadcastPaperCases } from './paper.ts'
export { topologies, type Topology } from './topology.ts'
