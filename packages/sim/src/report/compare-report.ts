import type { Comparison, FigureDifference } from './compare.ts'
import { compareOutcomes } from './compare.ts'
import { copiesChart } from './copies-chart.ts'
import { curveChart } from './curve-chart.ts'
import { differenceText } from './difference-text.ts'
import { figure, scrolled, section, tableOf, type Picture } from './figure.ts'
import { element, type Markup } from './markup.ts'
import { figureText, numberText, percentText, timeText } from './number-text.ts'
import type { RunOutcome } from './outcome.ts'
import { command, page, parameterText, svgFile, tiles } from './page.ts'
import { curveTable, regionPicture } from './run-picture.ts'
import { kindNames, leadOf, problemOf } from './run-report.ts'
import { tailChart } from './tail-chart.ts'

/** A run with the name by which the reader knows it: its file. */
export interface NamedOutcome {
  readonly name: string
  readonly run: RunOutcome
}

/** A page on which two runs stand beside each other, their curves in one picture. */
export function compareReport(a: NamedOutcome, b: NamedOutcome): string {
  const comparison = compareOutcomes(a.run, b.run)
  const title = titleOf(a, b)
  const kinds =
    a.run.kind === b.run.kind ? kindNames[a.run.kind] : `${kindNames[a.run.kind]} and ${lowered(kindNames[b.run.kind])}`
  const [tail, copies] = [tailPicture(a, b), copiesPicture(a, b)]
  return page(
    {
      kicker: kinds,
      title,
      lead: title.startsWith(undotted(a.run.title))
        ? changeText(comparison)
        : `${undotted(a.run.title)}. ${changeText(comparison)}`,
    },
    ...[a, b].map(({ name, run: { problem } }) => problem !== undefined && problemOf(`${name}: ${problem}`)),
    tiles(
      comparison.figures
        .filter(({ difference }) => difference !== undefined)
        .slice(0, 4)
        .map(tileOf),
    ),
    curvePicture(a, b),
    tail && copies ? element('div', { class: 'two' }, tail, copies) : (tail ?? copies),
    regionPictures(a, b),
    section('What differs in the set-up', parametersTable(comparison, a, b)),
    section('All figures', figuresTable(comparison.figures, a, b)),
    comparison.counters.length > 0 && section('Counters', figuresTable(comparison.counters, a, b)),
    section(
      'Run it again',
      ...[a, b].flatMap(({ name, run }) => [element('p', {}, `${name}: ${leadOf(run)}`), command(run.command)]),
    ),
  )
}

/** Its main picture alone; undefined if one of the two has no curve, or they count time differently. */
export function compareSvg(a: NamedOutcome, b: NamedOutcome): string | undefined {
  const picture = curves(a, b)
  return picture && svgFile(picture.title, picture.note, picture.draw('wide'))
}

/** Longest title that names both runs in full. */
const titleMax = 110

function titleOf(a: NamedOutcome, b: NamedOutcome): string {
  const [one, other] = [undotted(a.run.title), undotted(b.run.title)]
  if (one === other) return `${one}: ${a.name} and ${b.name}`
  const both = `${one}, beside ${lowered(other)}`
  return both.length <= titleMax ? both : `${a.name} and ${b.name}`
}

const undotted = (title: string): string => title.replace(/\.$/, '')

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** The two lines of every picture: apart by colour, and for those who do not see it by dashes. */
const lineOf = ({ name }: NamedOutcome, index: number): { label: string; tone: string; isDashed: boolean } => ({
  label: name,
  tone: index === 0 ? 'a' : 'b',
  isDashed: index === 1,
})

function changeText({ parameters }: Comparison): string {
  const some = parameters.filter(({ name }) => name !== 'seed')
  if (parameters.length === 0) return 'The same parameters and the same seed.'
  if (some.length === 0) return 'The same parameters, another seed.'
  const names = some
    .slice(0, 3)
    .map(
      ({ name, a, b }) =>
        `${name} ${a === undefined ? 'none' : parameterText(a)} → ${b === undefined ? 'none' : parameterText(b)}`,
    )
  return `${names.join(', ')}${some.length > 3 ? `, and ${some.length - 3} more` : ''}.`
}

function tileOf(row: FigureDifference): { name: string; text: string; note: string } {
  const { name, unit, a = 0, b = 0 } = row
  const { difference, ratio } = differenceText(row)
  const change = row.difference === 0 ? 'the same' : `${difference}${ratio === '' ? '' : `, ${ratio}`}`
  // The unit once.
  const [one, other] = [figureText(a, unit), figureText(b, unit)]
  const [, tail] = / \D+$/.exec(other) === null ? [] : [other, / \D+$/.exec(other)![0]]
  const first = tail !== undefined && one.endsWith(tail) ? one.slice(0, -tail.length) : one
  return { name, text: row.difference === 0 ? other : `${first} → ${other}`, note: change }
}

function curves(a: NamedOutcome, b: NamedOutcome): Picture | undefined {
  const [one, other] = [a.run.curve, b.run.curve]
  const { timeUnit } = a.run
  if (one === undefined || other === undefined || timeUnit !== b.run.timeUnit) return undefined
  const series = [
    { ...lineOf(a, 0), curve: one },
    { ...lineOf(b, 1), curve: other },
  ]
  const title = medianTitle(a, b)
  return {
    title,
    note: `The part of all ${timeUnit === 'ms' ? 'deliveries that had happened, by the time since publication' : 'nodes that had it, by the cycle'}; bands from one in ten to nine in ten.`,
    draw: (size) => curveChart({ series, timeUnit, label: title }, size),
    sizes: ['wide', 'half', 'narrow'],
    table: curveTable(series, timeUnit),
  }
}

function curvePicture(a: NamedOutcome, b: NamedOutcome): Markup | undefined {
  const picture = curves(a, b)
  return picture && figure(picture)
}

function medianTitle(a: NamedOutcome, b: NamedOutcome): string {
  const [one, other] = [a.run.latency, b.run.latency]
  if (one === undefined || other === undefined || one.p50 === 0) return `${a.name} and ${b.name}`
  const text = timeText(other.p50, b.run.timeUnit)
  const ratio = other.p50 / one.p50 - 1
  if (Math.abs(ratio) < 0.0005) return `The median is the same: ${text}`
  const times = numberText(Number((ratio + 1).toPrecision(2)))
  const change =
    ratio >= 1
      ? `${times} times as long`
      : `${percentText(Number(Math.abs(ratio).toPrecision(3)))} ${ratio < 0 ? 'less' : 'more'}`
  return `The median is ${timeText(one.p50, a.run.timeUnit)} in ${a.name} and ${text} in ${b.name}, ${change}`
}

function tailPicture(a: NamedOutcome, b: NamedOutcome): Markup | undefined {
  const [one, other] = [a.run.latency, b.run.latency]
  const { timeUnit } = a.run
  if (one === undefined || other === undefined || timeUnit !== b.run.timeUnit) return undefined
  const series = [
    { ...lineOf(a, 0), points: one.cdf },
    { ...lineOf(b, 1), points: other.cdf },
  ]
  const title = `One in 100 took longer than ${timeText(one.p99, timeUnit)} and ${timeText(other.p99, timeUnit)}`
  const rows = (['p50', 'p90', 'p95', 'p99', 'max'] as const).map((key) => [
    key === 'max' ? 'slowest' : key === 'p50' ? 'median' : `${key.slice(1)} %`,
    timeText(one[key], timeUnit),
    timeText(other[key], timeUnit),
  ])
  return figure({
    title,
    note: 'The part that took no longer than a time.',
    draw: (size) => tailChart({ series, timeUnit, label: title }, size),
    sizes: a.run.copies && b.run.copies ? ['half', 'narrow'] : ['wide', 'half', 'narrow'],
    table: { heads: ['part', a.name, b.name], rows },
  })
}

/** Whether anything was counted. */
const isAny = (copies: NonNullable<RunOutcome['copies']>): boolean => copies.some(([, nodes]) => nodes > 0)

function copiesPicture(a: NamedOutcome, b: NamedOutcome): Markup | undefined {
  const [one, other] = [a.run.copies, b.run.copies]
  if (one === undefined || other === undefined || ![one, other].every(isAny)) return undefined
  const meanOf = (copies: typeof one): number =>
    copies.reduce((sum, [number, nodes]) => sum + number * nodes, 0) / copies.reduce((sum, [, nodes]) => sum + nodes, 0)
  const partOf = (copies: typeof one, number: number): string =>
    percentText(
      (copies.find(([each]) => each === number)?.[1] ?? 0) / copies.reduce((sum, [, nodes]) => sum + nodes, 0),
    )
  const title = `A message came ${meanOf(one).toFixed(1)} and ${meanOf(other).toFixed(1)} times to a node`
  const numbers = [...new Set([...one, ...other].map(([number]) => number))].toSorted((x, y) => x - y)
  return figure({
    title,
    note: 'The part of the nodes that got a message so many times.',
    draw: (size) =>
      copiesChart(
        {
          series: [
            { ...lineOf(a, 0), copies: one },
            { ...lineOf(b, 1), copies: other },
          ],
          label: title,
        },
        size,
      ),
    sizes: ['half', 'narrow'],
    table: {
      heads: ['copies', a.name, b.name],
      rows: numbers.map((number) => [String(number), partOf(one, number), partOf(other, number)]),
    },
  })
}

/** Latencies between regions, side by side. */
function regionPictures(a: NamedOutcome, b: NamedOutcome): Markup | undefined {
  const pictures = [a, b].map(({ name, run: { regions } }) => {
    const picture = regions && regionPicture(regions)
    return picture && figure({ ...picture, title: `${name}: ${lowered(picture.title)}`, sizes: ['half', 'narrow'] })
  })
  return pictures.every((each) => each !== undefined) ? element('div', { class: 'two' }, ...pictures) : undefined
}

function parametersTable({ parameters }: Comparison, a: NamedOutcome, b: NamedOutcome): Markup {
  if (parameters.length === 0) return element('p', {}, 'Nothing.')
  const text = (value: string | number | boolean | undefined): string =>
    value === undefined ? '–' : parameterText(value)
  return scrolled(
    'what differs',
    tableOf({
      heads: ['parameter', a.name, b.name],
      rows: parameters.map((row) => [row.name, text(row.a), text(row.b)]),
    }),
  )
}

function figuresTable(rows: readonly FigureDifference[], a: NamedOutcome, b: NamedOutcome): Markup {
  return scrolled(
    'figures of both',
    tableOf({
      heads: ['figure', a.name, b.name, 'difference', ''],
      rows: rows.map((row) => {
        const { difference, ratio } = differenceText(row)
        const text = (value: number | undefined): string => (value === undefined ? '–' : figureText(value, row.unit))
        return [row.name, text(row.a), text(row.b), difference, ratio]
      }),
    }),
  )
}
