import { checkPart, checkWhole } from '../epidemic/option.ts'
import type { LatencyLaw } from './latency.ts'

/** What a node of the mesh model does: the parameters of gossipsub v1.1, with its names. Times in ms. */
export interface MeshRules {
  /** Neighbours in the mesh that a node wants. */
  readonly d: number
  /** With fewer it grafts, up to `d`. */
  readonly dLow: number
  /** With more it prunes, down to `d`. */
  readonly dHigh: number
  /** Of those that it keeps then, so many are the ones with the best score. */
  readonly dScore: number
  /** Of those that it keeps, so many are ones that it dialled itself. */
  readonly dOut: number
  /** Least peers beyond the mesh that are told what there is, in each heartbeat. */
  readonly dLazy: number
  /** The same as a part of all peers that could be told. */
  readonly gossipFactor: number
  /** 0: no heartbeat, so that the mesh stays as it is. */
  readonly heartbeatMs: number
  /** Heartbeats for which a message can be asked for. */
  readonly historyLength: number
  /** Heartbeats for which it is announced. */
  readonly historyGossip: number
  /** How long two peers that parted stay apart. */
  readonly pruneBackoffMs: number
  /** How often a node sends one message to one peer that asks for it. */
  readonly gossipRetransmission: number
  /** Whether a publisher sends to all peers, and not only to its mesh. */
  readonly floodPublish: boolean
  /** Messages of so many bytes or more are told of to the mesh on arrival, so that it does not send them: v1.2. 0: never. */
  readonly idontwantBytes: number
  /** Heartbeats from one opportunistic graft to the next. 0: never. */
  readonly opportunisticGraftTicks: number
  /** How many peers that grafts. */
  readonly opportunisticGraftPeers: number
  /** Whether a node with fewer than `dLow` grafts a peer as soon as that enters the topic: @libp2p/gossipsub does. */
  readonly graftOnSubscribe: boolean
}

/** The network that it runs on, and what goes wrong there. */
export interface MeshNetwork {
  readonly latency: LatencyLaw
  /** The chance that a message or control message is lost. A real stream loses nothing, unless it ends. 0 to 1. */
  readonly loss: number
  /** How long a node checks a message before it passes it on. */
  readonly validationMs: number
  /**
   * What everything takes beyond the link, from the call that sends until the other side has read it: encryption, two event
   * loops, the system. Whole ms; 1 to 2 in nodes that have little to do (`pnpm sim:calibrate`).
   */
  readonly handlingMs: number
  /** What a node sends, in Mbit/s; copies queue up behind each other. 0: without limit. */
  readonly uplinkMbps: number
  /** Size of every message. */
  readonly messageBytes: number
}

/** The defaults of gossipsub v1.1's specification, with D_low of its implementations; IDONTWANT as go-libp2p-pubsub has it. */
export const meshRules: MeshRules = Object.freeze({
  d: 6,
  dLow: 5,
  dHigh: 12,
  dScore: 4,
  dOut: 2,
  dLazy: 6,
  gossipFactor: 0.25,
  heartbeatMs: 1000,
  historyLength: 5,
  historyGossip: 3,
  pruneBackoffMs: 60_000,
  gossipRetransmission: 3,
  floodPublish: true,
  idontwantBytes: 1024,
  opportunisticGraftTicks: 60,
  opportunisticGraftPeers: 2,
  graftOnSubscribe: false,
})

/** What our nodes do: @libp2p/gossipsub 17, where it differs. */
export const grapevineRules: MeshRules = Object.freeze({
  ...meshRules,
  dLow: 4,
  idontwantBytes: 512,
  graftOnSubscribe: true,
})

/** Links of 50 ms, and nothing goes wrong. */
export const meshNetwork: MeshNetwork = Object.freeze({
  latency: { law: 'constant', ms: 50 },
  loss: 0,
  validationMs: 0,
  handlingMs: 0,
  uplinkMbps: 0,
  messageBytes: 256,
} as const)

/** Throws a RangeError that names the first rule or property that is out of its range. */
export function checkMesh(rules: MeshRules, network: MeshNetwork): void {
  checkWhole('d', rules.d, 1, 1000)
  checkWhole('dLow', rules.dLow, 1, rules.d)
  checkWhole('dHigh', rules.dHigh, rules.d, 1000)
  checkWhole('dScore', rules.dScore, 0, rules.d)
  checkWhole('dOut', rules.dOut, 0, rules.d)
  checkWhole('dLazy', rules.dLazy, 0, 1000)
  checkPart('gossipFactor', rules.gossipFactor)
  if (rules.heartbeatMs !== 0) checkWhole('heartbeatMs', rules.heartbeatMs, 10, 60_000)
  checkWhole('historyLength', rules.historyLength, 1, 100)
  checkWhole('historyGossip', rules.historyGossip, 0, rules.historyLength)
  checkWhole('pruneBackoffMs', rules.pruneBackoffMs, 0, 3_600_000)
  checkWhole('gossipRetransmission', rules.gossipRetransmission, 0, 1000)
  checkWhole('idontwantBytes', rules.idontwantBytes, 0, 2 ** 30)
  checkWhole('opportunisticGraftTicks', rules.opportunisticGraftTicks, 0, 1_000_000)
  checkWhole('opportunisticGraftPeers', rules.opportunisticGraftPeers, 0, 1000)
  checkPart('loss', network.loss)
  checkWhole('validationMs', network.validationMs, 0, 1000)
  checkWhole('handlingMs', network.handlingMs, 0, 1000)
  if (!(network.uplinkMbps >= 0)) throw new RangeError(`uplinkMbps is ${network.uplinkMbps}, not 0 or more`)
  checkWhole('messageBytes', network.messageBytes, 1, 2 ** 30)
}
