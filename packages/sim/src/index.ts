/**
 * Many hosts under virtual time, with faults drawn from a seed, and the protocol's machine on them. Pure: no clock, no
 * ambient randomness; a seed repeats a run exactly.
 *
 * @example
 * ```ts
 * const { violation, trace } = runScenario(scenarios[0]!, 42)
 * // violation: undefined; trace: the same 16 hex digits on every machine
 * ```
 */
export { type CoordinateErrors, type CoordinateRun, measureCoordinates } from './coordinate/coordinate-measure.ts'
export { Digest } from './digest.ts'
export { Disk, type DiskDelays, type DiskEvent, type DiskPort, type Floor, type KeptRecord } from './disk.ts'
export { EventQueue } from './event-queue.ts'
export { GossipHost } from './gossip-host.ts'
export type { EffectDelays, FrameRouter, GossipHostOptions } from './gossip-host-options.ts'
export { graphOf, reachable, regularGraph, type Graph } from './graph.ts'
export { HostileHost, type HostileHostOptions } from './hostile-host.ts'
export { LiarHost, type LiarHostOptions } from './liar-host.ts'
export { Link, transitMsMax, type LinkOptions } from './link.ts'
export type { Frame, Packet, StreamPacket } from './packet.ts'
export { Recorder, replay, type Divergence, type MachineLike, type RecordedStep } from './record.ts'
export { Rng } from './rng.ts'
export { runGossip, type GossipResult, type GossipRunOptions } from './scenario/gossip-run.ts'
export { invariants, type Invariant, type Violation } from './scenario/ledger.ts'
export {
  honestNames,
  type DiskFault,
  type Fault,
  type GossipPlan,
  type LosslessPlan,
  type PlannedPublish,
  type TopicKind,
} from './scenario/plan.ts'
export { runScenario, scenarios, type Scenario } from './scenario/scenario.ts'
export { Streams, type StreamsOptions } from './streams.ts'
export { World, type Actor, type HostId, type Port } from './world.ts'
export type { Access, WorldEvent, WorldOptions } from './world-options.ts'
export { QueryHost, type QueryNetwork, type QueryResult } from './query/query-host.ts'
export * from './query/query-world.ts'
export { StateHost, type StateNetwork, type StateRole } from './state/state-host.ts'
export * from './state/state-measure.ts'
export { quantile, stateWorld, type StateWorldOptions, type Traffic } from './state/state-world.ts'
