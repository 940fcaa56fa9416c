import { curveChart, type CurveSeries } from './curve-chart.ts'
import { figure, scrolled, section, tableOf, unbroken, type Picture } from './figure.ts'
import { element, type Markup } from './markup.ts'
import { figureText } from './number-text.ts'
import type { RunOutcome, SweepOutcome } from './outcome.ts'
import { command, page, parameterList, svgFile } from './page.ts'
import { panelChart } from './panel-chart.ts'
import { curveTable } from './run-picture.ts'
import { kindNames, leadOf, problemOf } from './run-report.ts'
import { tailChart } from './tail-chart.ts'
import { theoryTable } from './theory-table.ts'

/** Lines in one picture, and small pictures, at most. */
const linesMax = 12
const panelsMax = 12

/** A page about runs that differ in one option: all curves in one picture, each figure by the option, and a table. */
export function sweepReport(sweep: SweepOutcome): string {
  const { by, title, values } = sweep
  const first = values[0]!.run
  const names = first.figures
    .map(({ name }) => name)
    .filter((name) => values.every(({ run }) => figureOf(run, name) !== undefined))
  const varying = names
    .filter((name) => new Set(values.map(({ run }) => figureOf(run, name)!.value)).size > 1)
    .slice(0, panelsMax)
  const constant = names.filter((name) => new Set(values.map(({ run }) => figureOf(run, name)!.value)).size === 1)
  const same = constant.map(
    (name) => `${name} ${figureText(figureOf(first, name)!.value, figureOf(first, name)!.unit)}`,
  )
  const series = curvesOf(sweep)
  return page(
    {
      kicker: kindNames[first.kind],
      title,
      lead: `${values.length} values of ${by}. Each: ${leadOf(...values.map(({ run }) => run))}`,
    },
    ...values.map(({ text, run: { problem } }) => problem !== undefined && problemOf(`${by} ${text}: ${problem}`)),
    series.length > 0 && figure(curvePicture(sweep, series)),
    tailFigure(sweep),
    varying.length > 0 &&
      section(
        `Figures by ${by}`,
        element('div', { class: 'panels' }, ...varying.map((name) => panel(sweep, name))),
        same.length > 0 && element('p', {}, unbroken(`The same for all: ${same.join('; ')}.`)),
      ),
    section('All figures', figuresTable(sweep, names)),
    theorySection(sweep),
    section(`Parameters, but for ${by}`, parameterList(commonParameters(sweep))),
    section('Run it again', command(sweep.command)),
  )
}

/** Its main picture alone: the curves; undefined if there are none. */
export function sweepSvg(sweep: SweepOutcome): string | undefined {
  const series = curvesOf(sweep)
  if (series.length === 0) return undefined
  const { note, draw } = curvePicture(sweep, series)
  return svgFile(sweep.title, note, draw('wide'))
}

const figureOf = (run: RunOutcome, name: string): RunOutcome['figures'][number] | undefined =>
  run.figures.find((each) => each.name === name)

/** Those that are shown where there is no room for all: evenly, the first and the last among them. */
function shownOf<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= linesMax) return items
  return Array.from(
    { length: linesMax },
    (_, index) => items[Math.round((index * (items.length - 1)) / (linesMax - 1))]!,
  )
}

/** A colour of the ramp: by how far along it is. */
const toneOf = (index: number, count: number): string => `r${count < 2 ? 0 : Math.round((index * 11) / (count - 1))}`

function curvesOf({ by, values }: SweepOutcome): readonly CurveSeries[] {
  const shown = shownOf(values.filter(({ run }) => run.curve !== undefined))
  return shown.map(({ text, run }, index) => ({
    label: `${by} ${text}`,
    tone: toneOf(index, shown.length),
    curve: run.curve!,
  }))
}

function curvePicture({ by, values }: SweepOutcome, series: readonly CurveSeries[]): Picture {
  const { timeUnit } = values[0]!.run
  const title = `How ${timeUnit === 'ms' ? 'deliveries' : 'nodes'} come in, by ${by}`
  const some = series.length < values.length ? ` ${series.length} of the ${values.length} values.` : ''
  const what =
    timeUnit === 'ms'
      ? 'The part of all deliveries that had happened, by the time since publication'
      : 'The part of the nodes that had it, by the cycle'
  return {
    title,
    note: `${what}; a line for each value of ${by}.${some}`,
    draw: (size) => curveChart({ series, timeUnit, label: title }, size),
    sizes: ['wide', 'half', 'narrow'],
    table: curveTable(series, timeUnit),
  }
}

function tailFigure({ by, values }: SweepOutcome): Markup | undefined {
  const shown = shownOf(values.filter(({ run }) => run.latency !== undefined))
  if (shown.length === 0) return undefined
  const { timeUnit } = values[0]!.run
  const series = shown.map(({ text, run }, index) => ({
    label: `${by} ${text}`,
    tone: toneOf(index, shown.length),
    points: run.latency!.cdf,
  }))
  const title = `The slow ones, by ${by}`
  return figure({
    title,
    note: 'The part that took no longer than a time. Each line of the grid leaves a tenth of what the one below leaves.',
    draw: (size) => tailChart({ series, timeUnit, label: title }, size),
    sizes: ['wide', 'half', 'narrow'],
    table: {
      heads: [by, 'median', '90 %', '95 %', '99 %', 'slowest'],
      rows: shown.map(({ text, run }) => {
        const { p50, p90, p95, p99, max } = run.latency!
        return [text, ...[p50, p90, p95, p99, max].map((time) => figureText(time, timeUnit))]
      }),
    },
  })
}

function panel({ values }: SweepOutcome, name: string): Markup {
  const texts = values.map(({ text }) => text)
  const found = values.map(({ run }) => figureOf(run, name)!)
  const expected = values.map(({ run }) => run.theory.find((row) => row.name === name)?.expected)
  const label = `${name}, from ${figureText(found[0]!.value, found[0]!.unit)} to ${figureText(found.at(-1)!.value, found[0]!.unit)}`
  return element(
    'figure',
    {},
    element(
      'figcaption',
      {},
      element('h3', {}, name),
      expected.some((value) => value !== undefined) && element('p', {}, 'dashed: expected'),
    ),
    element(
      'div',
      {},
      panelChart({ texts, values: found.map(({ value }) => value), unit: found[0]!.unit, expected, label }),
    ),
  )
}

function figuresTable({ by, values }: SweepOutcome, names: readonly string[]): Markup {
  return scrolled(
    'all figures',
    tableOf({
      heads: [by, ...names],
      rows: values.map(({ text, run }) => [
        text,
        ...names.map((name) => figureText(figureOf(run, name)!.value, figureOf(run, name)!.unit)),
      ]),
    }),
  )
}

function theorySection({ by, values }: SweepOutcome): Markup | undefined {
  const rows = values.flatMap(({ text, run }) => run.theory.map((row) => ({ ...row, place: text })))
  return rows.length === 0 ? undefined : section('Beside theory', theoryTable(rows, by))
}

/** Parameters that all runs share. */
function commonParameters({ values }: SweepOutcome): RunOutcome['parameters'] {
  const first = values[0]!.run.parameters
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => values.every(({ run }) => run.parameters[name] === value)),
  )
}
