import { copiesChart } from './copies-chart.ts'
import { curveChart, timeOf, type CurveSeries } from './curve-chart.ts'
import type { FigureTable, Picture } from './figure.ts'
import { percentText, timeText } from './number-text.ts'
import { type DeliveryCurve, type Latency, type Point, type RegionLatency, type RunOutcome } from './outcome.ts'
import { regionChart, type ShownRegions } from './region-chart.ts'
import { tailChart } from './tail-chart.ts'

type Unit = RunOutcome['timeUnit']

/** Parts at which tables say how long it took. */
const tableParts = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

/** How much had arrived by when. */
export function curvePicture(curve: DeliveryCurve, unit: Unit): Picture {
  const series = [{ label: 'all', tone: 'a', curve }]
  const title = curveTitle(curve, unit)
  const band =
    curve.slow === undefined
      ? ''
      : `; nine in ten ${curve.over} are above the lower edge of the band, one in ten above its upper edge`
  const what =
    unit === 'ms'
      ? 'The part of all deliveries that had happened, by the time since publication'
      : 'The part of the nodes that had it, by the cycle'
  return {
    title,
    note: `${what}${band}.`,
    draw: (size) => curveChart({ series, timeUnit: unit, label: title }, size),
    sizes: ['wide', 'half', 'narrow'],
    table: curveTable(series, unit),
  }
}

/** When lines of deliveries reached which part. */
export function curveTable(series: readonly CurveSeries[], unit: Unit): FigureTable {
  const columns = series.flatMap(({ label, curve: { points, slow, fast } }) => [
    { head: series.length > 1 ? label : 'time', points },
    ...(series.length > 2 || slow === undefined || fast === undefined
      ? []
      : [
          { head: 'upper edge', points: fast },
          { head: 'lower edge', points: slow },
        ]),
  ])
  return timesTable(columns, unit)
}

function timesTable(
  columns: readonly { readonly head: string; readonly points: readonly Point[] }[],
  unit: Unit,
): FigureTable {
  return {
    heads: ['part', ...columns.map(({ head }) => head)],
    rows: tableParts.map((part) => [
      percentText(part),
      ...columns.map(({ points }) => {
        const time = timeOf(points, part)
        return time === undefined ? 'never' : timeText(time, unit)
      }),
    ]),
  }
}

function curveTitle({ points }: DeliveryCurve, unit: Unit): string {
  const end = points.at(-1)![1]
  const [half, most] = [timeOf(points, 0.5), timeOf(points, 0.99)]
  const never = end < 1 ? `; ${percentText(1 - end)} never ${unit === 'ms' ? 'arrived' : 'heard'}` : ''
  if (half === undefined)
    return `Only ${percentText(end)} ${unit === 'ms' ? 'of the deliveries happened' : 'of the nodes heard'}`
  const tail = most === undefined ? '' : `, 99 in 100 after ${timeText(most, unit)}`
  return `Half ${unit === 'ms' ? 'was delivered' : 'of the nodes knew'} after ${timeText(half, unit)}${tail}${never}`
}

/** How long deliveries took, with room for the slow ones. */
export function tailPicture(latency: Latency, unit: Unit, isAlone = false): Picture {
  const { cdf, last, p99, max } = latency
  const of = unit === 'ms' ? 'delivery' : 'node'
  const series = [
    { label: `a ${of}`, tone: 'a', points: cdf },
    ...(last === undefined ? [] : [{ label: 'the last node', tone: 'b', isDashed: true, points: last }]),
  ]
  const title =
    p99 < max
      ? `One ${of} in 100 took longer than ${timeText(p99, unit)}, the slowest ${timeText(max, unit)}`
      : `The slowest ${of} took ${timeText(max, unit)}`
  return {
    title,
    note: `The part that took no longer than a time. Each line of the grid leaves a tenth of what the one below leaves.`,
    draw: (size) => tailChart({ series, timeUnit: unit, label: title }, size),
    sizes: isAlone ? ['wide', 'half', 'narrow'] : ['half', 'narrow'],
    table: timesTable(
      series.map(({ label, points }) => ({ head: label, points })),
      unit,
    ),
  }
}

/** How many copies nodes got; undefined if nothing was counted. */
export function copiesPicture(copies: RunOutcome['copies']): Picture | undefined {
  if (copies === undefined || !copies.some(([, count]) => count > 0)) return undefined
  const nodes = copies.reduce((sum, [, count]) => sum + count, 0)
  const mean = copies.reduce((sum, [number, count]) => sum + number * count, 0) / nodes
  const none = copies.find(([number]) => number === 0)?.[1] ?? 0
  const title =
    `A message came ${mean.toFixed(1)} times to a node; once is enough` +
    (none === 0 ? '' : `, and ${percentText(none / nodes)} got none by gossip`)
  const series = [{ label: 'all', tone: 'bar', copies }]
  return {
    title,
    note: `The part of the nodes that got a message so many times, in per cent. The column in full colour is the copy that a node needs${none === 0 ? '' : '; the other colour is those that lack it'}.`,
    draw: (size) => copiesChart({ series, label: title }, size),
    sizes: ['half', 'narrow'],
    table: {
      heads: ['copies', 'nodes and messages', 'part'],
      rows: copies.map(([number, count]) => [String(number), count.toLocaleString('en'), percentText(count / nodes)]),
    },
  }
}

/**
 * How long it takes from region to region; those in which nobody published or received are left out, and
 * there is no picture if that leaves none.
 */
export function regionPicture(all: RegionLatency): Picture | undefined {
  const regions = shownRegions(all)
  if (regions.rows.length === 0) return undefined
  const pairs = regions.rows.flatMap(({ name, median }) =>
    median.flatMap((ms, to) =>
      ms === null || regions.columns[to] === name ? [] : [{ ms, text: `from ${name} to ${regions.columns[to]}` }],
    ),
  )
  const slowest = pairs.toSorted((a, b) => b.ms - a.ms)[0]
  const title =
    slowest === undefined
      ? 'How long it took within a region'
      : `Between two regions it takes longest ${slowest.text}: ${timeText(slowest.ms, 'ms')} in the median`
  const isAll = regions.rows.length === all.names.length && regions.columns.length === all.names.length
  const rest = isAll ? '' : ' Regions without any are left out.'
  return {
    title,
    note: `The median time in ms from the region of the publisher, a row, to that of the receiver, a column.${rest}`,
    draw: (size) => regionChart(regions, title, size),
    sizes: ['wide', 'half', 'narrow'],
    table: {
      heads: ['from', ...regions.columns.map((name) => `to ${name}`)],
      rows: regions.rows.map(({ name, median }) => [
        name,
        ...median.map((ms) => (ms === null ? '–' : timeText(ms, 'ms'))),
      ]),
    },
  }
}

function shownRegions({ names, median }: RegionLatency): ShownRegions {
  const columns = names.flatMap((name, to) => (median.some((row) => row[to] !== null) ? [{ name, to }] : []))
  const rows = names.flatMap((name, from) => {
    const row = columns.map(({ to }) => median[from]![to]!)
    return row.every((ms) => ms === null) ? [] : [{ name, median: row }]
  })
  return { columns: columns.map(({ name }) => name), rows }
}
