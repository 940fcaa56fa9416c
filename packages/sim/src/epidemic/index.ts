/**
 * Epidemic algorithms as the literature has them, on typed arrays: up to tens of millions of nodes, in cycles. A model is a
 * {@link Trial}; {@link study} tries it many times. Pure: a seed repeats a study exactly.
 *
 * @example
 * ```ts
 * const { values } = study(epidemicTrial({ ...epidemicDefaults, nodes: 1000 }), { runs: 100, seed: 1 })
 * // values.cycles.mean: about 18; pushCycles(1000), log2 n + ln n: 16.9
 * ```
 */
export { deathTrial, type DeathOptions } from './death.ts'
export { Epidemic, type EpidemicRun } from './epidemic.ts'
export { fanoutTrial, type FanoutOptions } from './fanout.ts'
export { mailTrial, type MailOptions } from './mail.ts'
export {
  epidemicDefaults,
  nodesMax,
  rumorDefaults,
  type EpidemicOptions,
  type Mode,
  type RumorOptions,
  type SpaceOptions,
} from './option.ts'
export { largestPiece, regularOverlay, type Overlay } from './overlay.ts'
export { paperCases, type PaperCase, type PaperFigure } from './paper.ts'
export { checkPaper, type PaperRow } from './paper-check.ts'
export { Plumtree, plumtreeTrial, type PlumtreeOptions } from './plumtree.ts'
export { study, type Outcome, type Spread, type Study, type Trial } from './study.ts'
export { swimTrial, type SwimOptions } from './swim.ts'
export * from './theory.ts'
export { epidemicTrial } from './trial.ts'
