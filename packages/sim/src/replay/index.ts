/**
 * Recordings of live nodes, played again (docs/replay.md): the same events through the same code, and what would have come
 * of them otherwise.
 *
 * @example
 * ```ts
 * const player = new Player({ sha256, functionsOf })
 * for (const entry of new RecordingReader().read(piece)) player.play(entry) // { type: 'step', actions, … }, with a difference if there is one
 * ```
 */
export { Player, type Difference, type Played, type PlayedStep, type PlayerOptions } from './player.ts'
export { RuleBook, type RuleBookOptions } from './rule-book.ts'
export type { Change, Outcome } from './fate.ts'
export { Tally, type ReplayCounts } from './tally.ts'
export { WhatIf, type Question, type WhatIfOptions } from './what-if.ts'
