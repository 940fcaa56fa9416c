import type { Outcome, Study } from '@grapevine/sim/epidemic'
import {
  outcomeVersion,
  TimeCount,
  type DeliveryCurve,
  type Figure,
  type Latency,
  type Point,
  type RunOutcome,
  type TheoryRow,
} from '@grapevine/sim/report'
import type { Theory } from '../epidemic.ts'
import { parametersOf } from './parameters.ts'
import { repeatCommand } from './repeat.ts'

/** Most runs whose curves are kept for the band. */
const keptMax = 1000

/** A study, and single runs of it. */
export interface EpidemicResult {
  readonly algorithm: string
  readonly nodes: number
  readonly options: object
  readonly found: Study
  readonly theory: Readonly<Record<string, Theory>>
  readonly runs: RunCurves
}

/** What single runs of a study did. */
export class RunCurves {
  readonly curves: (readonly number[])[] = []
  readonly last: TimeCount = new TimeCount()

  /** After each run. */
  add({ curve, values }: Outcome): void {
    if (curve !== undefined && this.curves.length < keptMax) this.curves.push(curve)
    const last = values['lastDelay'] ?? values['lastHop']
    if (last !== undefined) this.last.add(last)
  }
}

/** What `sim epidemic` writes with `--out`. */
export function epidemicOutcome({ algorithm, nodes, options, found, theory, runs }: EpidemicResult): RunOutcome {
  const { seed, curve } = found
  const times = found.runs === 1 ? 'once' : `${found.runs.toLocaleString('en')} times`
  return {
    format: 'grapevine-outcome',
    version: outcomeVersion,
    kind: 'epidemic',
    title: `${titles[algorithm] ?? algorithm} among ${nodes.toLocaleString('en')} nodes, ${times}`,
    command: repeatCommand(seed),
    seed,
    runs: found.runs,
    parameters: { algorithm, ...parametersOf(options), runs: found.runs },
    nodes,
    messages: 1,
    timeUnit: 'cycles',
    figures: figuresOf(found),
    ...(curve && { curve: curveOf(curve, presentOf(found, nodes), runs), ...latencyOf(curve, found.runs, runs) }),
    theory: Object.entries(theory).map(([name, expected]) => theoryRow(name, expected, found)),
    counters: { 'bytes of arrays': found.bytes },
  }
}

const titles: Readonly<Record<string, string>> = {
  'anti-entropy': 'Anti-entropy',
  rumor: 'A rumor',
  mail: 'Direct mail',
  fanout: 'Once to f others',
  death: 'Death certificates',
  plumtree: 'Plumtree',
  swim: 'SWIM',
}

/** Values by how much a reader wants to know them first; those that are not here come behind. */
const order = ['lastDelay', 'meanDelay', 'residue', 'traffic', 'firstDetection', 'payload', 'complete']
const units: Readonly<Record<string, string>> = {
  lastDelay: 'cycles',
  meanDelay: 'cycles',
  cycles: 'cycles',
  lastHop: 'hops',
  residue: '%',
  complete: '%',
  falseAlarm: '%',
  firstDetection: 'periods',
}

/** `meanDelay` is mean delay. */
const wordsOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const rankOf = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)

function figuresOf({ runs, values }: Study): Figure[] {
  return Object.entries(values)
    .toSorted(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([name, { mean, deviation, least, most }]) => {
      const unit = units[name]
      const times = unit === '%' ? 100 : 1
      const spread = { deviation: deviation * times, least: least * times, most: most * times }
      return {
        name: wordsOf(name),
        value: mean * times,
        ...(unit !== undefined && { unit }),
        ...(runs > 1 && { spread }),
      }
    })
}

/** Nodes that could hear of it, on average: without those that are down for good. */
function presentOf({ values, curve = [] }: Study, nodes: number): number {
  const residue = values['residue']?.mean ?? 0
  return residue < 1 ? Math.min(nodes, (curve.at(-1) ?? nodes) / (1 - residue)) : nodes
}

function curveOf(mean: readonly number[], nodes: number, { curves }: RunCurves): DeliveryCurve {
  const points = mean.map((informed, cycle): Point => [cycle, Math.min(1, informed / nodes)])
  if (curves.length < 2) return { points, over: 'runs' }
  const bound = (share: number): Point[] =>
    points.map(([cycle]) => {
      const sorted = curves.map((curve) => curve[Math.min(cycle, curve.length - 1)]!).toSorted((a, b) => a - b)
      return [cycle, Math.min(1, sorted[Math.ceil(share * sorted.length) - 1]! / nodes)]
    })
  return { points, slow: bound(0.1), fast: bound(0.9), over: 'runs' }
}

function latencyOf(mean: readonly number[], tries: number, { last }: RunCurves): { latency?: Latency } {
  const all = new TimeCount()
  for (let cycle = 1; cycle < mean.length; cycle++) {
    const informed = Math.round((mean[cycle]! - mean[cycle - 1]!) * tries)
    if (informed > 0) all.add(cycle, informed)
  }
  if (all.count === 0) return {}
  return { latency: { ...all.summary, cdf: all.cdf, ...(last.count > 1 && { last: last.cdf }) } }
}

function theoryRow(name: string, { value, formula, tolerance, counted }: Theory, { runs, values }: Study): TheoryRow {
  const { mean = 0, deviation = 0 } = values[name] ?? {}
  const times = units[name] === '%' ? 100 : 1
  const rare = counted === undefined ? 0 : Math.sqrt(Math.max(0, value) / counted / runs)
  const error = 3 * Math.max(deviation / Math.sqrt(runs), rare)
  return {
    name: times === 100 ? `${wordsOf(name)}, %` : wordsOf(name),
    ours: mean * times,
    expected: value * times,
    tolerance: (tolerance + error) * times,
    source: formula,
  }
}
