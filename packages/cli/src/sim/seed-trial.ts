import { runScenario, scenarios, invariants } from '@grapevine/sim'
import { ScenarioRun, scenarioInvariants } from '@grapevine/sim/run'
import type { ScenarioFile } from '@grapevine/sim/scenario-file'
import { CommandError } from '../failure.ts'
import { readScenario, type ScenarioChanges } from './scenario-read.ts'
import { sha256 } from './sha256.ts'

/** Of so many seeds one is run twice, and must give the same trace. */
const againEvery = 16
/** Virtual time that a run goes on for at once, in ms. */
const stepMs = 60_000

/** What came of one seed. */
export interface SeedResult {
  readonly seed: number
  readonly trace: string
  /** Virtual time, in ms. */
  readonly lastedMs: number
  /** What did not hold, in lines; absent: all did. */
  readonly failed?: readonly string[]
}

/** Tries one seed. */
export type SeedTrial = (seed: number) => SeedResult

/** Whether a scenario is one of those that are built in, which draw all they do from the seed. */
export const isBuiltIn = (scenario: string): boolean => scenarios.some(({ name }) => name === scenario)

/** How a scenario is tried: one that is built in, by its name, or that of a file. Errors `usage`. */
export async function seedTrial(scenario: string, changes: ScenarioChanges): Promise<SeedTrial> {
  const builtIn = scenarios.find(({ name }) => name === scenario)
  if (builtIn !== undefined) {
    if (changes.set !== undefined || changes.nodes !== undefined)
      throw new CommandError('usage', `${scenario} has no fields: --set and --nodes go with a file`)
    return (seed) => twice(seed, () => builtInResult(runScenario(builtIn, seed, { sha256 }), seed))
  }
  const file = await readScenario(scenario, changes)
  return (seed) => twice(seed, () => fileResult({ ...file, seed }))
}

function twice(seed: number, run: () => SeedResult): SeedResult {
  const result = run()
  if (result.failed !== undefined || seed % againEvery !== 0) return result
  const { trace } = run()
  return trace === result.trace ? result : { ...result, failed: [`trace ${result.trace}, and then ${trace}`] }
}

function builtInResult({ trace, lasted, violation }: ReturnType<typeof runScenario>, seed: number): SeedResult {
  if (violation === undefined) return { seed, trace, lastedMs: lasted }
  const { invariant, host, at, detail } = violation
  return {
    seed,
    trace,
    lastedMs: lasted,
    failed: [`${invariant}: ${invariants[invariant]}`, `on ${host} at ${at} ms: ${detail}`],
  }
}

function fileResult(file: ScenarioFile): SeedResult {
  const run = new ScenarioRun(file, { sha256 })
  while (!run.isOver) run.advance(stepMs)
  const result = { seed: file.seed, trace: run.trace, lastedMs: run.now }
  if (run.violation === undefined) return result
  const { invariant, node, atMs, message = '', detail } = run.violation
  const on = `on ${node} at ${Math.round(atMs)} ms${message === '' ? '' : `, message ${message}`}: ${detail}`
  return { ...result, failed: [`${invariant}: ${scenarioInvariants[invariant]}`, on] }
}
