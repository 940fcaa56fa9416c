import { axes, legend, path, roomFor, sizes, strips, svg, timeAxis, type Plot, type SizeName } from './frame.ts'
import { element, type Markup } from './markup.ts'
import { percentText, timeText } from './number-text.ts'
import type { Point } from './outcome.ts'
import { linearScale, logScale, ninesScale } from './scale.ts'
import { partAt } from './curve-chart.ts'

/** A distribution of times. */
interface TailSeries {
  readonly label: string
  readonly tone: string
  readonly isDashed?: boolean
  /** Rising to 1, or to less where some never ended. */
  readonly points: readonly Point[]
}

/** Distributions of one picture. */
export interface TailPicture {
  readonly series: readonly TailSeries[]
  readonly timeUnit: 'ms' | 'cycles'
  readonly label: string
}

/** How many took how long, with as much room for the slowest hundredth as for the slowest tenth. */
export function tailChart({ series, timeUnit, label }: TailPicture, size: SizeName): Markup {
  const { width, height, font } = sizes[size]
  const heads = legend(series, width, font)
  const text = (part: number): string => `${Number((part * 100).toPrecision(8))} %`
  const top = topOf(series)
  const left = roomFor(ninesScale(top, [0, 1]).ticks(8).map(text), font)
  const plot: Plot = { left, top: heads.height + 14, right: width - 18, bottom: height - font - 14 }
  const times = series.flatMap(({ points }) => points.map(([time]) => time))
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const range = [plot.left, plot.right] as const
  const isWide = most > 12 * Math.max(least, 1e-3)
  const first = Math.max(least, most / 1000)
  const x = isWide ? logScale([first * 0.9, most * 1.02], range) : linearScale([0, most * 1.02], range)
  const y = ninesScale(top, [plot.bottom, plot.top])
  const tip = (pixel: number): string => {
    const time = x.value(pixel)
    const lines = series.map((each) => `${each.label}: ${percentText(partAt(each.points, time, timeUnit === 'ms'))}`)
    return [`within ${timeText(time, timeUnit)}`, ...lines].join('\n')
  }
  return svg(
    size,
    label,
    heads.markup,
    axes(plot, timeAxis(x, most, timeUnit, size === 'wide' ? 8 : 5), { scale: y, ticks: y.ticks(8), text }, font),
    ...series.map(({ points, tone, isDashed }) =>
      element('path', {
        class: isDashed === true ? 'line dashed' : 'line',
        style: `--tone:var(--${tone})`,
        d: path(
          cornersOf(
            points.map(([time, part]): Corner => [x.at(Math.max(time, isWide ? first * 0.9 : 0)), y.at(part)]),
            plot,
            timeUnit === 'ms',
          ),
        ),
      }),
    ),
    strips(plot, size === 'wide' ? 60 : 30, tip),
  )
}

/** How high the axis goes: a little above the last part that is not all. */
function topOf(series: readonly TailSeries[]): number {
  const below = series.flatMap(({ points }) => points.map(([, part]) => part).filter((part) => part < 1))
  const rest = 1 - Math.max(0.9, ...below)
  return 1 - rest / 2.2
}

/** From the axis up: in steps, or straight from cycle to cycle, which keeps lines apart that rise in the same cycle. */
function cornersOf(points: readonly Corner[], { bottom }: Plot, steps: boolean): readonly Corner[] {
  const first = points[0]!
  if (!steps) return [[first[0], bottom], ...points.filter(([x], index) => x !== points[index + 1]?.[0])]
  let last = bottom
  return points.flatMap(([x, y]): Corner[] => {
    const before = last
    last = y
    return [
      [x, before],
      [x, y],
    ]
  })
}

type Corner = readonly [x: number, y: number]
