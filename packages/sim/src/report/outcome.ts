import { SimError } from '../error.ts'
import { outcomeSchema, sweepSchema } from './outcome-schema.ts'
import { faultOf } from './schema.ts'

/** The version of the form of {@link RunOutcome}. A field that older readers may pass over does not raise it. */
export const outcomeVersion = 1

/** What a run was: a command of `grapevine sim`, with machines under virtual time (`run`) or real processes (`real`). */
export const outcomeKinds = ['epidemic', 'mesh', 'broadcast', 'run', 'real'] as const

/** A time, in the run's {@link RunOutcome.timeUnit}, and a part, 0 to 1. */
export type Point = readonly [time: number, part: number]

/** One thing that was measured, over all runs of a seed. */
export interface Figure {
  readonly name: string
  readonly value: number
  /** `ms`, `%`, `cycles` and so on; absent for a count or a ratio. */
  readonly unit?: string
  /** Of a single run, where there were several. */
  readonly spread?: { readonly deviation: number; readonly least: number; readonly most: number }
}

/** How much of what should arrive had arrived, by the time since it was published. Each line rises. */
export interface DeliveryCurve {
  /** All together, from time 0 on. */
  readonly points: readonly Point[]
  /** Nine in ten runs, or messages, were above this line; one in ten above `fast`. Both or none. */
  readonly slow?: readonly Point[]
  readonly fast?: readonly Point[]
  /** What the band is of. */
  readonly over: 'runs' | 'messages'
}

/** How long deliveries took, of those that happened. */
export interface Latency {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  /** The part that took no longer than a time. Denser towards the slow end. */
  readonly cdf: readonly Point[]
  /** The same of messages, or runs, until the last of their nodes had it. */
  readonly last?: readonly Point[]
}

/** How long deliveries took, between places. */
export interface RegionLatency {
  readonly names: readonly string[]
  /** The median from the publisher's region, the row, to the receiver's, the column; null where there was none. */
  readonly median: readonly (readonly (number | null)[])[]
}

/** A figure beside what a formula or a publication says of it. */
export interface TheoryRow {
  readonly name: string
  readonly ours: number
  readonly expected: number
  /** How far ours may be off. */
  readonly tolerance: number
  /** The formula or the publication. */
  readonly source: string
}

/**
 * What came out of a simulation, or of the same with real processes: what every `grapevine sim` command writes with
 * `--out`, and what reports and comparisons are made from. {@link readOutcome} reads it, {@link outcomeSchema} is its schema.
 */
export interface RunOutcome {
  readonly format: 'grapevine-outcome'
  readonly version: typeof outcomeVersion
  readonly kind: (typeof outcomeKinds)[number]
  /** One line for people. */
  readonly title: string
  /** The command line that repeats it. */
  readonly command: string
  readonly seed: number
  /** How often it was tried with seeds that follow from the one. */
  readonly runs: number
  /** The hash of the trace: equal for the same seed on every machine. Absent where there is none. */
  readonly trace?: string
  /** What should have held and did not, in a sentence. Absent: all held. */
  readonly problem?: string
  /** All that was set or had a default; names with dots for what is nested. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly nodes: number
  /** Messages that were measured, in each run. */
  readonly messages: number
  readonly timeUnit: 'ms' | 'cycles'
  /** The first four are the ones that a reader wants first. Names are unique. */
  readonly figures: readonly Figure[]
  readonly curve?: DeliveryCurve
  readonly latency?: Latency
  /** How often a node got a message so many times: by number of copies, rising. 0 is one that never did. */
  readonly copies?: readonly (readonly [copies: number, count: number])[]
  readonly regions?: RegionLatency
  readonly theory: readonly TheoryRow[]
  /** Sent by all nodes together. */
  readonly bytes?: number
  /** Whatever else was counted. */
  readonly counters: Readonly<Record<string, number>>
}

/** Runs that differ in one option. */
export interface SweepOutcome {
  readonly format: 'grapevine-sweep'
  readonly version: typeof outcomeVersion
  readonly title: string
  readonly command: string
  /** The option. */
  readonly by: string
  readonly values: readonly { readonly text: string; readonly run: RunOutcome }[]
}

/**
 * Reads what `--out` wrote. Throws a SimError `outcome-syntax`, `outcome-kind`, `outcome-version` or `outcome-shape`, whose path
 * is a JSON pointer; what it says may have names from the text in it.
 */
export function readOutcome(text: string): RunOutcome | SweepOutcome {
  const value = parse(text)
  const { format, version } = isObject(value) ? value : {}
  if (format !== 'grapevine-outcome' && format !== 'grapevine-sweep')
    throw new SimError('outcome-kind', '', 'it is JSON, but not what grapevine sim --out writes')
  if (version !== outcomeVersion)
    throw new SimError(
      'outcome-version',
      '/version',
      `its version is ${JSON.stringify(version)}, and this program knows ${outcomeVersion}`,
    )
  const fault = faultOf(format === 'grapevine-sweep' ? sweepSchema : outcomeSchema, value)
  if (fault !== undefined) throw new SimError('outcome-shape', fault.at, `it ${fault.text}`)
  const found = value as RunOutcome | SweepOutcome
  for (const run of found.format === 'grapevine-sweep' ? found.values.map((each) => each.run) : [found])
    checkRegions(run)
  return found
}

/** Whether a figure is as near to the expected one as it should be. */
export const isWithin = ({ ours, expected, tolerance }: TheoryRow): boolean => Math.abs(ours - expected) <= tolerance

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SimError('outcome-syntax', '', 'it is not JSON')
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** What a schema cannot say: rows and columns are as many as names. */
function checkRegions({ regions }: RunOutcome): void {
  if (regions === undefined) return
  const { names, median } = regions
  if (median.length === names.length && median.every((row) => row.length === names.length)) return
  throw new SimError('outcome-shape', '/regions/median', `it has not ${names.length} rows of ${names.length}`)
}
