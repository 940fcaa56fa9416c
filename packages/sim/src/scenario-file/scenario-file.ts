import type { MeshRules } from '../mesh/option.ts'
import type { ScenarioEvent } from './scenario-event.ts'

/**
 * A scenario: who takes part, what connects them, what they do, what goes wrong, and what must be true all the same. One file of
 * JSON; `docs/simulation.md` has every field. Times are in ms since the beginning. This is a file with its defaults filled in.
 */
export interface ScenarioFile {
  /** `[A-Za-z0-9._-]{1,64}` */
  readonly name: string
  readonly text: string
  /** Decides everything that is drawn. */
  readonly seed: number
  /** How many, named n0, n1 … */
  readonly nodes: number
  readonly groups: readonly NodeGroup[]
  /** What of the protocol runs. `reconcile` goes with `gossip` only, `members` with `state` only. */
  readonly parts: readonly ScenarioPart[]
  readonly connections: ScenarioConnections
  readonly mesh: ScenarioMesh
  readonly links: ScenarioLinks
  readonly reconcile: { readonly intervalMs: number; readonly commitMs: number; readonly loadMs: number }
  readonly members: { readonly start: 'known' | 'cold' }
  readonly events: readonly ScenarioEvent[]
  readonly workload: readonly Workload[]
  readonly publishes: readonly SinglePublish[]
  readonly writes: readonly StateWrites[]
  readonly hostile: { readonly gossip: number; readonly liars: number }
  readonly invariants: ScenarioInvariants
  /** Until here things happen. */
  readonly durationMs: number
  /** After that, the most that is waited for all to be as the invariants want it. */
  readonly settleMs: number
}

/** A part of the protocol. */
export type ScenarioPart = (typeof scenarioParts)[number]

/** All parts. */
export const scenarioParts = ['gossip', 'reconcile', 'state', 'members'] as const

/** Nodes that have something in common: the next of those that no group before has. */
export interface NodeGroup {
  readonly name: string
  /** Of all nodes, 0 to 1. */
  readonly share: number
  /** A region of the map that `links.latency` goes by. Absent: drawn by weight. */
  readonly region?: string
  /** What each sends and takes, in Mbit/s. 0: any amount. */
  readonly uplinkMbps: number
  readonly downlinkMbps: number
  /** By which their wall clocks are ahead. */
  readonly clockSkewMs: number
}

/** Who is connected with whom, and is again whenever both are up and nothing is between them. */
export interface ScenarioConnections {
  /**
   * `random`: each dials so many others. `full`: all with all. `line`, `ring`: in the order of their names. `given`: those of
   * `pairs`.
   */
  readonly kind: 'random' | 'full' | 'line' | 'ring' | 'given'
  readonly dials: number
  /** Numbers of nodes; the first one dials. A pair is there once. */
  readonly pairs?: readonly (readonly number[])[]
  /** A node hears of a connection that came or went within this time, evenly. */
  readonly noticeMs: number
}

/** The rules of the mesh, as gossipsub has them; scores are not modelled here. */
export type ScenarioMesh = Pick<
  MeshRules,
  | 'd'
  | 'dLow'
  | 'dHigh'
  | 'dLazy'
  | 'gossipFactor'
  | 'heartbeatMs'
  | 'historyLength'
  | 'historyGossip'
  | 'pruneBackoffMs'
  | 'gossipRetransmission'
  | 'floodPublish'
  | 'idontwantBytes'
>

/** How every link behaves. */
export interface ScenarioLinks {
  readonly latency: LatencyChoice
  /** Up to so much more for each packet, evenly; the order stays. */
  readonly jitterMs: number
  /** The chance that a packet is lost. */
  readonly loss: number
}

/** One way, in ms. */
export type LatencyChoice =
  | { readonly law: 'constant'; readonly ms: number }
  /** Each link has its own, evenly between these. */
  | { readonly law: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** The eight regions of gossipsub-interop. */
  | { readonly law: 'world' }
  /** Regions of one's own, with the nodes there in proportion, and what a packet takes from each (row) to each. */
  | {
      readonly law: 'matrix'
      readonly regions: readonly { readonly name: string; readonly weight: number }[]
      readonly ms: readonly (readonly number[])[]
    }
  /** The same in a file of JSON, relative to the scenario; whoever reads the scenario puts it in. */
  | { readonly law: 'file'; readonly path: string }

/** Who publishes what. */
export interface Workload {
  readonly topic: string
  /** Which nodes, as `events` name them; each message is of one of them, drawn anew. */
  readonly publishers: string
  /** Messages a second, all publishers together; from one to the next between half and one and a half times the mean. */
  readonly ratePerSecond: number
  readonly bytes: number
  readonly startMs: number
  /** Absent: to the end. */
  readonly untilMs?: number
}

/** One message, at its time; a node that is down then says nothing. */
export interface SinglePublish {
  readonly atMs: number
  /** By number. */
  readonly node: number
  readonly topic: string
  readonly bytes: number
}

/** Who sets keys of its own state. */
export interface StateWrites {
  readonly writers: string
  readonly ratePerSecond: number
  readonly bytes: number
  /** So many keys each, in turn. */
  readonly keys: number
  readonly startMs: number
  readonly untilMs?: number
}

/** What must be true. Absent or false: it is not looked at. */
export interface ScenarioInvariants {
  /** A node hands a message to its readers once; with a disk, once in all of its lives. */
  readonly once: boolean
  /** Numbers under which a node delivers rise. */
  readonly order: boolean
  /** No honest node finds another in breach of the protocol, or takes a message for other than what it is. */
  readonly protocol: boolean
  /** What was acknowledged is in the end on all nodes that are up and not cut off from all that hold it. */
  readonly delivered: boolean
  /** The same while it runs: so long after the publish, or after the last event. */
  readonly deliveredWithinMs?: number
  /** In the end all nodes that are up and connected hold the same messages, and the same state. */
  readonly equal: boolean
  /** So long after the last event every member is called what it is: alive, failed or left. */
  readonly membersWithinMs?: number
}
