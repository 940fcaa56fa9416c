import type { Study } from '@grapevine/sim/epidemic'
import type { Theory } from './epidemic.ts'
import { plural, styled } from './output.ts'
import { table } from './table.ts'

/** What {@link epidemicLines} shows. */
export interface EpidemicScreen {
  readonly algorithm: string
  readonly nodes: number
  readonly found: Study
  readonly theory: Readonly<Record<string, Theory>>
  readonly withCurve: boolean
}

/** What {@link sweepLines} shows: at least one row. */
export interface SweepScreen {
  readonly algorithm: string
  readonly name: string
  readonly rows: readonly { readonly text: string; readonly found: Study }[]
}

/** Rows of a curve; a longer one leaves cycles out evenly. */
const curveRowsMax = 24
const barWidth = 40

/** A table of values beside theory, and the curve. */
export function epidemicLines({ algorithm, nodes, found, theory, withCurve }: EpidemicScreen): string[] {
  const { runs, seed, values, curve } = found
  const isOne = runs === 1
  const heads = isOne ? ['', 'value'] : ['', 'mean', 'deviation', 'least', 'most']
  const hasTheory = Object.keys(theory).length > 0
  const rows = Object.entries(values).map(([name, { mean, deviation, least, most }]) => {
    const numbers = isOne ? [mean] : [mean, deviation, least, most]
    const expected = theory[name]
    return [
      wordsOf(name),
      ...numbers.map(numberOf),
      ...(hasTheory ? [expected === undefined ? '' : numberOf(expected.value), expected?.formula ?? ''] : []),
    ]
  })
  const title = `${algorithm}: ${nodes.toLocaleString('en')} nodes, ${plural(runs, 'run')}, seed ${seed}`
  const lines = [styled('bold', title), ...table([[...heads, ...(hasTheory ? ['theory', ''] : [])], ...rows])]
  if (!withCurve || curve === undefined) return lines
  return [...lines, '', ...curveLines(curve, nodes)]
}

/** A row for each value of an option, with the means. */
export function sweepLines({ algorithm, name, rows }: SweepScreen): string[] {
  const { runs, seed, values } = rows[0]!.found
  const title = `${algorithm} by ${name}: ${plural(runs, 'run')} each, seed ${seed}`
  const body = rows.map(({ text, found }) => [text, ...Object.values(found.values).map(({ mean }) => numberOf(mean))])
  return [styled('bold', title), ...table([[name, ...Object.keys(values).map(wordsOf)], ...body])]
}

/** Nodes that are informed after each cycle, as bars. */
function curveLines(curve: readonly number[], nodes: number): string[] {
  const every = Math.ceil(curve.length / curveRowsMax)
  const shown = [...curve.entries()].filter(([cycle]) => cycle % every === 0 || cycle === curve.length - 1)
  const rows = shown.map(([cycle, count]) => [
    String(cycle),
    Math.round(count).toLocaleString('en').padStart(nodes.toLocaleString('en').length),
    bar(count / nodes),
  ])
  return table([['cycle', 'informed', ''], ...rows])
}

/** In eighths of a character. */
function bar(part: number): string {
  const eighths = Math.round(part * barWidth * 8)
  const rest = eighths % 8
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : String.fromCodePoint(0x2590 - rest))
}

/** `meanDelay` is mean delay. */
const wordsOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** Four digits, without an exponent where that is readable. */
function numberOf(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en')
  return Math.abs(value) < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)))
}
