import {
  deathTrial,
  epidemicDefaults,
  epidemicTrial,
  fanoutAtomic,
  fanoutReach,
  fanoutTrial,
  mailTrial,
  percolation,
  plumtreeTrial,
  pushCycleBounds,
  pushCycles,
  residueOfTraffic,
  rumorDefaults,
  study,
  swimFalseAlarm,
  swimFirstDetection,
  swimTrial,
  type Outcome,
  type Study,
  type Trial,
} from '@grapevine/sim/epidemic'
import type { RunOutcome, SweepOutcome } from '@grapevine/sim/report'
import type { Algorithm, EpidemicChoice } from './command/sim-epidemic.ts'
import type { Context } from './context.ts'
import { epidemicLines, sweepLines } from './epidemic-screen.ts'
import { CommandError } from './failure.ts'
import { note, print, printJson, resultsOnTerminal, suggest } from './output.ts'
import { epidemicOutcome, RunCurves } from './sim/epidemic-outcome.ts'
import { checkSimFiles, writeSimFiles, type SimFiles } from './sim/output.ts'
import { progress } from './sim/progress.ts'
import { sweepOutcome } from './sim/sweep-outcome.ts'
import { placeOf, type Sweep } from './sweep.ts'

/** What a formula says of a value, and the formula. */
export interface Theory {
  readonly value: number
  readonly formula: string
  /** How far off a value may be, beside three standard errors of its own. */
  readonly tolerance: number
  /** For a part of something rare: of how many it is counted in one run. A handful of them says little. */
  readonly counted?: number
}

/** A model with all its options, and what is expected of it once it has run. */
interface Plan {
  /** As they are, defaults included. */
  readonly options: object
  readonly make: () => Trial
  readonly expect?: (found: Study) => Readonly<Record<string, Theory>>
}

/** A model that has run. */
interface Ran {
  readonly options: object
  readonly found: Study
  readonly theory: Readonly<Record<string, Theory>>
  readonly outcome: () => RunOutcome
}

/** What `sim epidemic` was asked for beside the epidemic. */
export interface EpidemicExtras {
  readonly files: SimFiles
  readonly sweep?: Sweep | undefined
}

/** Runs `sim epidemic` and prints what came out. Error `usage` for options that do not belong together. */
export async function simulateEpidemic(
  algorithm: Algorithm,
  choice: EpidemicChoice,
  context: Context,
  { files, sweep }: EpidemicExtras,
): Promise<void> {
  const before = process.cpuUsage()
  await checkSimFiles(files)
  const outcome =
    sweep === undefined
      ? await printOne(algorithm, choice, context)
      : await printSweep(algorithm, choice, context, sweep)
  await writeSimFiles(files, outcome)
  if (context.json) return
  const { user, system } = process.cpuUsage(before)
  note(`${((user + system) / 1e6).toFixed(2)} s of processor time`)
  suggest(`next: ${context.self} sim epidemic ${algorithm === 'rumor' ? 'fanout' : 'rumor'}`)
}

async function printOne(algorithm: Algorithm, choice: EpidemicChoice, { json }: Context): Promise<() => RunOutcome> {
  const ran = run(algorithm, choice)
  const { found, theory, outcome } = ran
  if (json) {
    await printJson(jsonOf(algorithm, ran))
    return outcome
  }
  for (const line of epidemicLines({ algorithm, nodes: choice.nodes, found, theory, withCurve: resultsOnTerminal() }))
    await print(line)
  note(`${megabytes(found.bytes)} MB of arrays`)
  return outcome
}

async function printSweep(
  algorithm: Algorithm,
  choice: EpidemicChoice,
  { json }: Context,
  sweep: Sweep,
): Promise<() => SweepOutcome> {
  const rans = sweep.values.map(({ text, value }, index) => ({
    text,
    ran: run(algorithm, { ...choice, [sweep.key]: value }, placeOf(sweep, index)),
  }))
  const rows = rans.map(({ text, ran }) => ({ text, found: ran.found }))
  if (json) await printJson(rans.map(({ ran }) => jsonOf(algorithm, ran)))
  else for (const line of sweepLines({ algorithm, name: sweep.name, rows })) await print(line)
  return () =>
    sweepOutcome(
      sweep,
      rans.map(({ ran }) => ran.outcome()),
    )
}

function jsonOf(algorithm: Algorithm, { options, found, theory }: Ran): object {
  const { runs, seed, values, curve, bytes } = found
  return { algorithm, options, runs, seed, values, theory, ...(curve && { curve }), bytes }
}

function run(algorithm: Algorithm, choice: EpidemicChoice, before?: string): Ran {
  refuseForeign(algorithm, choice)
  const { options, make, expect } = plans[algorithm](choice)
  const { nodes, seed, runs = nodes > 100_000 ? 1 : 10 } = choice
  const curves = new RunCurves()
  const show = progress({ noun: 'run', total: runs, before })
  const onRun = (done: number, outcome: Outcome): void => {
    curves.add(outcome)
    show(done)
  }
  const found = study(trialOf(make), { runs, seed, onRun })
  const theory = expect?.(found) ?? {}
  const outcome = (): RunOutcome => epidemicOutcome({ algorithm, nodes, options, found, theory, runs: curves })
  return { options, found, theory, outcome }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

/** The model. What it says of its options is for the user. */
function trialOf(make: () => Trial): Trial {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError)
      throw new CommandError('usage', error.message, 'see: grapevine sim epidemic --help')
    throw error
  }
}

const common = ['nodes', 'seed', 'runs', 'home', 'node', 'json']
const cyclic = ['loss', 'failed', 'leave', 'join', 'mode', 'connections', 'hunt', 'space', 'exponent']

/** Options that each algorithm knows. */
const known: Readonly<Record<Algorithm, readonly string[]>> = {
  'anti-entropy': cyclic,
  rumor: [...cyclic, 'k', 'coin', 'blind'],
  mail: ['loss', 'failed'],
  fanout: ['fanout', 'loss', 'failed'],
  death: ['keep', 'dormant', 'retention', 'lost', 'away', 'rewrite'],
  plumtree: ['degree', 'before', 'failed', 'mending', 'patience'],
  swim: ['targets', 'loss', 'proxies', 'periods'],
}

function refuseForeign(algorithm: Algorithm, choice: EpidemicChoice): void {
  const foreign = Object.entries(choice).find(
    ([name, value]) => value !== undefined && !common.includes(name) && !known[algorithm].includes(name),
  )
  if (foreign === undefined) return
  const takes = known[algorithm].map((name) => `--${name}`).join(' ')
  throw new CommandError('usage', `${algorithm} takes no --${foreign[0]}`, `it takes ${takes}`)
}

const plans: Readonly<Record<Algorithm, (choice: EpidemicChoice) => Plan>> = {
  'anti-entropy': cyclicPlan,
  rumor: (choice) => {
    const rumor = {
      ...rumorDefaults,
      k: choice.k ?? 1,
      stop: choice.coin === true ? ('coin' as const) : ('counter' as const),
      count: choice.blind === true ? ('blind' as const) : ('feedback' as const),
    }
    return cyclicPlan(choice, rumor)
  },
  mail: ({ nodes, loss = 0, failed = 0 }) => {
    const options = { nodes, loss, failed }
    const make = (): Trial => mailTrial(options)
    return { options, make, expect: () => ({ residue: rare(loss, nodes, 'the part that is lost') }) }
  },
  fanout: fanoutPlan,
  death: (choice) => {
    const { nodes, keep = 20, dormant = 200, retention = 4, lost = 0, away = 60, rewrite = 0 } = choice
    const options = { nodes, keep, dormant, retention, lost, away, rewrite }
    return { options, make: () => deathTrial(options) }
  },
  plumtree: ({ nodes, degree = 5, before = 1, failed = 0, mending = 0, patience = 3 }) => {
    const options = { nodes, degree, before, failed, mending, patience }
    const residue = rare(1 - percolation(degree, failed), nodes, 'what failed nodes cut off', 0.005)
    const quiet = {
      payload: { value: nodes - 1, formula: 'N − 1', tolerance: 0 },
      ihave: { value: nodes * degree - 2 * (nodes - 1), formula: 'ND − 2(N − 1)', tolerance: 0 },
    }
    const expect = (): Record<string, Theory> => ({ residue, ...(failed === 0 && before > 0 && quiet) })
    return { options, make: () => plumtreeTrial(options), expect }
  },
  swim: ({ nodes, targets = 'random', loss = 0, proxies = 1, periods = 100 }) => {
    const options = { nodes, targets, loss, proxies, periods }
    const detection = swimFirstDetection(nodes)
    const first = {
      value: detection,
      formula: '1 / (1 − (1 − 1/(n−1))^(n−1)), about e/(e − 1)',
      tolerance: 0.03 * detection,
    }
    const falseAlarm = rare(swimFalseAlarm(loss, proxies), nodes, '(1 − q²)(1 − q⁴)^proxies, q = 1 − loss')
    const expect = (): Record<string, Theory> => ({
      ...(targets === 'random' && { firstDetection: first }),
      falseAlarm,
    })
    return { options, make: () => swimTrial(options), expect }
  },
}

function cyclicPlan(choice: EpidemicChoice, rumor?: typeof rumorDefaults): Plan {
  const { nodes, loss = 0, failed = 0, leave = 0, join = 0, mode = 'push', connections = 0, hunt = 0 } = choice
  if (choice.exponent !== undefined && choice.space === undefined)
    throw new CommandError('usage', '--exponent says how much near nodes are preferred: it needs --space')
  const space = choice.space && { shape: choice.space, exponent: choice.exponent ?? 2 }
  const options = {
    ...epidemicDefaults,
    nodes,
    mode,
    loss,
    failed,
    leave,
    join,
    connectionsMax: connections,
    huntsMax: hunt,
    ...(rumor && { rumor }),
    ...(space && { space }),
  }
  const isPlain = mode === 'push' && loss + failed + leave + connections === 0 && space === undefined
  const expect = ({ values }: Study): Record<string, Theory> => {
    if (!isPlain) return {}
    if (rumor === undefined) {
      const [least, most] = pushCycleBounds(nodes)
      const value = pushCycles(nodes)
      return {
        cycles: { value, formula: 'log2 n + ln n, and about 1', tolerance: Math.max(most - value, value - least) },
      }
    }
    return { residue: rare(residueOfTraffic(values['traffic']!.mean), nodes, 'e^(−traffic)') }
  }
  return { options, make: () => epidemicTrial(options), expect }
}

function fanoutPlan({ nodes, fanout = Math.log(nodes) + 2, loss = 0, failed = 0 }: EpidemicChoice): Plan {
  const options = { nodes, fanout, loss, failed }
  const arriving = fanout * (1 - loss) * (1 - failed)
  const expect = (): Record<string, Theory> => ({
    residue: rare(1 - fanoutReach(arriving), nodes, '1 − p, p = 1 − e^(−fp)'),
    complete: {
      value: fanoutAtomic(nodes * (1 - failed), arriving),
      formula: 'e^(−e^(−c)), c = f − ln n',
      tolerance: 0.02,
    },
  })
  return { options, make: () => fanoutTrial(options), expect }
}

/** What is expected of a part of the nodes, within 2 %. */
function rare(value: number, nodes: number, formula: string, absolute = 0): Theory {
  return { value, formula, tolerance: absolute + 0.02 * value, counted: nodes }
}
