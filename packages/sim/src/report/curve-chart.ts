import {
  axes,
  legend,
  nothing,
  path,
  sizes,
  strips,
  svg,
  textWidth,
  timeAxis,
  type Plot,
  type SizeName,
} from './frame.ts'
import { element, join, type Markup } from './markup.ts'
import { percentText, timeText } from './number-text.ts'
import type { DeliveryCurve, Point } from './outcome.ts'
import { linearScale, type Scale } from './scale.ts'

/** A line, with its band if it is the only one. */
export interface CurveSeries {
  readonly label: string
  /** Name of a colour: `a`, `b`, `r0` to `r11`. */
  readonly tone: string
  readonly isDashed?: boolean
  readonly curve: DeliveryCurve
}

/** Lines of one picture. */
export interface CurvePicture {
  readonly series: readonly CurveSeries[]
  readonly timeUnit: 'ms' | 'cycles'
  /** What the picture says, for those who do not see it. */
  readonly label: string
}

/** Where a line is cut: the last of its way up has a picture of its own. */
const shownPart = 0.995

/** How much had arrived by when. */
export function curveChart({ series, timeUnit, label }: CurvePicture, size: SizeName): Markup {
  const { width, height, font } = sizes[size]
  const heads = series.length > 1 ? legend(series, width, font) : { markup: nothing, height: 0 }
  const plot: Plot = { left: 4.1 * font, top: heads.height + 14, right: width - 18, bottom: height - font - 14 }
  const most = Math.max(...series.map(({ curve }) => endOf(curve)))
  const x = linearScale([0, most], [plot.left, plot.right])
  const y = linearScale([0, 1], [plot.bottom, plot.top])
  const xAxis = timeAxis(x, most, timeUnit, size === 'wide' ? 8 : 4)
  const yAxis = { scale: y, ticks: [0, 0.25, 0.5, 0.75, 1], text: (part: number) => `${part * 100} %` }
  const steps = timeUnit === 'ms'
  const tip = (pixel: number): string => {
    const time = x.value(pixel)
    const lines = series.map((each) => {
      const text = percentText(partAt(each.curve.points, time, steps))
      return series.length > 1 ? `${each.label}: ${text}` : text
    })
    return [`after ${timeText(time, timeUnit)}`, ...lines].join('\n')
  }
  return svg(
    size,
    label,
    heads.markup,
    axes(plot, xAxis, yAxis, font),
    ...series.map((each) => lineOf(each, { x, y, most, steps, withBand: series.length <= 2 })),
    series.length === 1 && marks(series[0]!.curve, { x, y, plot, font, most, timeUnit }),
    strips(plot, size === 'wide' ? 60 : 30, tip),
  )
}

interface Drawn {
  readonly x: Scale
  readonly y: Scale
  readonly most: number
  readonly steps: boolean
}

function lineOf({ curve, tone, isDashed }: CurveSeries, drawn: Drawn & { withBand: boolean }): Markup {
  const { slow, fast, points } = curve
  const hasBand = drawn.withBand && slow !== undefined && fast !== undefined
  return element(
    'g',
    { style: `--tone:var(--${tone})` },
    hasBand &&
      element('path', {
        class: 'band',
        d: `${path([...corners(fast, drawn), ...corners(slow, drawn).toReversed()])}Z`,
      }),
    element('path', { class: isDashed === true ? 'line dashed' : 'line', d: path(corners(points, drawn)) }),
  )
}

/** Corners of a line as far as it is shown, and on to the right edge. */
function corners(points: readonly Point[], { x, y, most, steps }: Drawn): [number, number][] {
  const found: [number, number][] = []
  let last = 0
  for (const [time, part] of points) {
    if (time > most) break
    if (steps && found.length > 0 && part !== last) found.push([x.at(time), y.at(last)])
    found.push([x.at(time), y.at(part)])
    last = part
  }
  if (found.length === 0) found.push([x.at(0), y.at(0)])
  found.push([x.at(most), found.at(-1)![1]])
  return found
}

interface Marked {
  readonly x: Scale
  readonly y: Scale
  readonly plot: Plot
  readonly font: number
  readonly most: number
  readonly timeUnit: 'ms' | 'cycles'
}

/** When half and nearly all had arrived, at the line; and how far the rest goes, if it is cut off. */
function marks({ points }: DeliveryCurve, { x, y, plot, font, most, timeUnit }: Marked): Markup {
  const end = points.at(-1)!
  const named = [0.5, 0.99].flatMap((part) => {
    const time = timeOf(points, part)
    return time === undefined || time > most ? [] : [{ part, time }]
  })
  const dots = named.map(({ part, time }) => {
    const text = `${percentText(part)} after ${timeText(time, timeUnit)}`
    const [left, top] = [x.at(time), y.at(timeUnit === 'ms' ? part : partAt(points, time, false))]
    const width = textWidth(text, font * 1.05)
    // To the right of the dot; else to its left; and where neither has room, as far to the right as there is.
    const isRight = left + 10 + width <= plot.right + 14
    const isLeft = !isRight && left - 10 - width >= plot.left
    const at = isRight ? left + 10 : isLeft ? left - 10 : plot.right + 14
    const anchor = isRight ? 'start' : 'end'
    return join([
      element('circle', { class: 'dot', style: '--tone:var(--a)', cx: left, cy: top, r: 5 }),
      element('text', { class: 'strong halo', x: at, y: top + font * 1.5, 'text-anchor': anchor }, text),
    ])
  })
  const rest = `the last after ${timeText(end[0], timeUnit)} →`
  const isCut = end[0] > most * 1.02
  return join([
    ...dots,
    isCut && element('text', { class: 'halo', x: plot.right, y: plot.bottom - 8, 'text-anchor': 'end' }, rest),
  ])
}

/** Where the picture of a line ends. */
function endOf({ points }: DeliveryCurve): number {
  const end = points.at(-1)!
  const most = timeOf(points, shownPart * end[1]) ?? end[0]
  // A little beyond, so that one sees it stay.
  return (end[0] < most * 1.6 ? end[0] * 1.04 : Math.min(end[0], most * 1.2)) || 1
}

/** The first time at which a line is so high. */
export function timeOf(points: readonly Point[], part: number): number | undefined {
  return points.find(([, each]) => each >= part - 1e-12)?.[0]
}

/** How high a line is at a time: in steps, or straight from point to point. */
export function partAt(points: readonly Point[], time: number, steps: boolean): number {
  const next = points.findIndex(([each]) => each > time)
  if (next === 0) return 0
  const [fromTime, from] = points.at(next === -1 ? -1 : next - 1)!
  if (next === -1 || steps) return from
  const [toTime, to] = points[next]!
  return from + ((time - fromTime) / (toTime - fromTime)) * (to - from)
}
