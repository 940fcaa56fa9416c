/**
 * A model of gossipsub's mesh on typed arrays: what nodes send each other and when it arrives, for a million nodes and one
 * message, or thousands of nodes and messages with announcements, scores and attackers. Pure: a seed repeats a run.
 *
 * @example
 * ```ts
 * const run = floodMesh({ nodes: 1000, degree: 6, rules: meshRules, network: meshNetwork, messages: 1 }, 1)
 * // run.duplicates: 4.002, D − 2 + 2/N; run.sent.message: 5001
 * ```
 */
export type { AttackOptions } from './attack.ts'
export type { Dial } from './graph.ts'
export type { LatencyLaw } from './latency.ts'
export { grapevineRules, meshNetwork, meshRules, type MeshNetwork, type MeshRules } from './option.ts'
export type { Delays, MeshOutcome } from './outcome.ts'
export { worldMap, type RegionMap } from '../region.ts'
export { meshPaperCases } from './paper.ts'
export { attackPresets, hardeningRules, scorePresets } from './preset.ts'
export { floodMesh, runMesh, type FloodOptions, type MeshRun, type MeshRunOptions, type MeshWatch } from './run.ts'
export type { ScoreRules } from './score.ts'
