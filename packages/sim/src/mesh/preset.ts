import type { AttackOptions } from './attack.ts'
import { meshRules, type MeshRules } from './option.ts'
import type { ScoreRules } from './score.ts'

const neutral: ScoreRules = {
  topicWeight: 1,
  topicScoreCap: 10,
  timeInMeshWeight: 0,
  timeInMeshQuantumMs: 1000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0,
  firstMessageDeliveriesDecay: 0.98,
  firstMessageDeliveriesCap: 50,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.9,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindowMs: 10,
  meshMessageDeliveriesActivationMs: 5000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.9,
  ipColocationFactorWeight: -5,
  ipColocationFactorThreshold: 10,
  behaviourPenaltyWeight: -10,
  behaviourPenaltyDecay: 0.2,
  gossipThreshold: -10,
  publishThreshold: -50,
  graylistThreshold: -80,
  opportunisticGraftThreshold: 20,
}

/**
 * Score settings: `stock`, what @libp2p/gossipsub does unless it is told otherwise, which scores no topic; `grapevine`, what
 * a Grapevine node sets; `hardening`, those of the evaluation of gossipsub v1.1 (libp2p/gossipsub-hardening), whose P7 is not
 * among the published ones and is the stock one here.
 */
export const scorePresets: Readonly<Record<'stock' | 'grapevine' | 'hardening', ScoreRules>> = {
  stock: neutral,
  grapevine: { ...neutral, timeInMeshWeight: 0.01, firstMessageDeliveriesWeight: 0.1 },
  hardening: {
    ...neutral,
    topicWeight: 0.25,
    topicScoreCap: 0,
    timeInMeshWeight: 0.0027,
    timeInMeshCap: 3600,
    firstMessageDeliveriesWeight: 0.664,
    firstMessageDeliveriesDecay: 0.9916,
    firstMessageDeliveriesCap: 1500,
    meshMessageDeliveriesWeight: -0.25,
    meshMessageDeliveriesDecay: 0.997,
    meshMessageDeliveriesCap: 400,
    meshMessageDeliveriesThreshold: 10,
    meshMessageDeliveriesWindowMs: 5,
    meshMessageDeliveriesActivationMs: 60_000,
    meshFailurePenaltyWeight: -0.25,
    meshFailurePenaltyDecay: 0.997,
    ipColocationFactorWeight: 0,
    gossipThreshold: -4000,
    publishThreshold: -5000,
    graylistThreshold: -10_000,
    opportunisticGraftThreshold: 0,
  },
}

/** gossipsub as the evaluation ran it. */
export const hardeningRules: MeshRules = { ...meshRules, d: 8, dLow: 6, dHigh: 12, dScore: 6, dLazy: 12 }

const attack: AttackOptions = {
  sybils: 4000,
  connections: 100,
  targets: 'all',
  startMs: 60_000,
  covertMs: 0,
  drop: 1,
  perAddress: 1,
  regraftMs: 15_000,
}

/**
 * Attacks of libp2p/gossipsub-hardening (scripts/configs), on 1,000 honest nodes of which 100 publish, for 3 minutes; sybils
 * are nodes times those in each container, as we read the files.
 */
export const attackPresets: Readonly<Record<string, AttackOptions>> = {
  'eclipse-single': { ...attack, sybils: 1000, connections: 1, targets: 'one' },
  'eclipse-net': attack,
  'eclipse-publishers': { ...attack, sybils: 1000, targets: 'publishers' },
  degrade: { ...attack, sybils: 2000, drop: 0.5 },
  'cold-boot': { ...attack, connections: 20, startMs: 0 },
  'covert-flash': { ...attack, connections: 20, startMs: 0, covertMs: 120_000 },
  colocation: { ...attack, connections: 20, startMs: 0, perAddress: 160 },
}
