import { axes, path, roomFor, sizes, svg, type Plot } from './frame.ts'
import { element, join, type Markup } from './markup.ts'
import { figureText } from './number-text.ts'
import { linearScale } from './scale.ts'

/** One figure, by the values of an option. */
export interface PanelPicture {
  readonly texts: readonly string[]
  readonly values: readonly number[]
  readonly unit?: string | undefined
  /** What theory says, where it says something. */
  readonly expected: readonly (number | undefined)[]
  readonly label: string
}

/** With more values, a line without dots. */
const dotsMax = 24

/** A small picture: a dot for each value, and a dashed line for what is expected. */
export function panelChart({ texts, values, unit, expected, label }: PanelPicture): Markup {
  const { width, height, font } = sizes.panel
  const known = expected.filter((value) => value !== undefined)
  const [least, most] = rangeOf([...values, ...known])
  const text = (value: number): string => figureText(value, unit)
  // The unit once, at the top.
  const tickText = (value: number, isLast: boolean): string => (isLast ? text(value) : text(value).replace(/ \D+$/, ''))
  const ticks = linearScale([least, most], [0, 1]).ticks(4)
  const plot: Plot = {
    left: roomFor(
      ticks.map((tick, index) => tickText(tick, index === ticks.length - 1)),
      font,
    ),
    top: 10,
    right: width - 14,
    bottom: height - font - 14,
  }
  const y = linearScale([least, most], [plot.bottom, plot.top])
  const x = linearScale([0, Math.max(1, texts.length - 1)], [plot.left + 12, plot.right - 6])
  const corners = values.map((value, index) => [x.at(index), y.at(value)] as const)
  const theory = expected.flatMap((value, index) => (value === undefined ? [] : [[x.at(index), y.at(value)] as const]))
  const step = x.at(1) - x.at(0)
  const hits = values.map((value, index) => {
    const wanted = expected[index]
    const tip = `${texts[index]}: ${text(value)}${wanted === undefined ? '' : `\nexpected ${text(wanted)}`}`
    return element(
      'g',
      { 'data-tip': tip },
      element('rect', {
        class: 'hit',
        x: x.at(index) - step / 2,
        y: plot.top,
        width: step,
        height: plot.bottom - plot.top,
      }),
      texts.length <= dotsMax &&
        element('circle', {
          class: 'dot',
          style: '--tone:var(--a)',
          cx: x.at(index),
          cy: y.at(value),
          r: 4.5,
        }),
    )
  })
  const xAxis = { scale: x, ticks: texts.map((_, index) => index), text: (index: number) => texts[index]! }
  return svg(
    'panel',
    label,
    axes(plot, xAxis, { scale: y, ticks, text: tickText }, font),
    theory.length > 1 && element('path', { class: 'expected', d: path(theory) }),
    element('path', { class: 'line', style: '--tone:var(--a)', d: path(corners) }),
    join(hits),
  )
}

/** From 0, unless that would leave most of the picture empty. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const pad = (most - least) * 0.08 || Math.abs(most) * 0.1 || 1
  if (least >= 0 && least < 0.6 * most) return [0, most + pad]
  return [least - pad, most + pad]
}
