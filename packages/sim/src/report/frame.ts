import { element, join, raw, type Child, type Markup } from './markup.ts'
import type { Scale } from './scale.ts'

/** Sizes of a chart, each with text that is readable at it; a page shows the one that fits. */
export const sizes = {
  wide: { width: 860, height: 400, font: 14 },
  half: { width: 460, height: 330, font: 13 },
  narrow: { width: 330, height: 290, font: 13 },
  panel: { width: 280, height: 170, font: 13 },
} as const

/** One of {@link sizes}. */
export type SizeName = keyof typeof sizes

/** Where data goes, in pixels of the chart. */
export interface Plot {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** One axis: where its values are, and what they are called. */
export interface Axis {
  readonly scale: Scale
  readonly ticks: readonly number[]
  /** `isLast`: the one that names the unit. */
  readonly text: (tick: number, isLast: boolean) => string
  /** Whether other ticks of the scale do as well; else only these, or every other, third and so on of them. */
  readonly isFree?: boolean
}

/** About how wide a text is: letters of the fonts that machines have are narrower on average. */
export const textWidth = (text: string, font: number): number => Array.from(text).length * font * 0.58

/** A text that fits, with an ellipsis if it must be cut. */
export function fitted(text: string, width: number, font: number): string {
  if (textWidth(text, font) <= width) return text
  const count = Math.max(1, Math.floor(width / (font * 0.58)) - 1)
  return `${Array.from(text).slice(0, count).join('').trimEnd()}…`
}

/** A text in lines that fit, broken at its spaces; what is beyond the last of `most` lines is left out. */
export function linesOf(
  text: string,
  { width, font, most }: { readonly width: number; readonly font: number; readonly most: number },
): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && textWidth(longer, font) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.slice(0, most).map((line) => fitted(line, width, font))
}

/** A chart as an element; `label` is its id, or the text for those who do not see it. */
export function svg(size: SizeName, label: string, ...children: readonly Child[]): Markup {
  const { width, height, font } = sizes[size]
  return svgOf({ size, width, height, font }, label, ...children)
}

/** The same of another height. */
export function svgOf(
  {
    size,
    width,
    height,
    font,
  }: { readonly size: SizeName; readonly width: number; readonly height: number; readonly font: number },
  label: string,
  ...children: readonly Child[]
): Markup {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: `chart ${size}`,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': label,
      style: `font-size:${font}px`,
    },
    ...children,
  )
}

/** Room for the texts of a y axis, to the left of the plot. */
export const roomFor = (texts: readonly string[], font: number): number =>
  Math.ceil(Math.max(...texts.map((text) => textWidth(text, font)))) + 10

/** Lines at the ticks of the y axis with their texts, and texts below the x axis; those that would touch are left out. */
export function axes(plot: Plot, x: Axis, y: Axis, font: number): Markup {
  const rows = y.ticks.map((tick, index) => {
    const at = y.scale.at(tick)
    return join([
      element('line', { class: tick === 0 ? 'base' : 'grid', x1: plot.left, x2: plot.right, y1: at, y2: at }),
      element(
        'text',
        { x: plot.left - 8, y: at + font * 0.35, 'text-anchor': 'end' },
        y.text(tick, index === y.ticks.length - 1),
      ),
    ])
  })
  return join([...rows, join(xTexts(plot, x, font))])
}

/** Texts below the axis: as many as have room, the last one always. */
function xTexts(plot: Plot, axis: Axis, font: number): Markup[] {
  const { scale, ticks, text } = axis
  const place = (chosen: readonly number[]): { label: string; at: number; middle: number; half: number }[] =>
    chosen.map((tick, index) => {
      const label = text(tick, index === chosen.length - 1)
      const half = textWidth(label, font) / 2
      // The last one may lean on the edge of the picture.
      return { label, at: scale.at(tick), middle: Math.min(scale.at(tick), plot.right + 14 - half), half }
    })
  const fits = (placed: ReturnType<typeof place>): boolean =>
    placed.every(({ middle, half }, index) => {
      const before = placed[index - 1]
      return before === undefined || middle - half >= before.middle + before.half + font / 2
    })
  const choices = ticks.map((_, index) =>
    axis.isFree === true
      ? scale.ticks(ticks.length - index)
      : ticks.filter((__, each) => (ticks.length - 1 - each) % (index + 1) === 0),
  )
  const placed = [ticks, ...choices].map(place)
  return (placed.find(fits) ?? placed.at(-1)!).flatMap(({ label, at, middle }) => [
    element('line', { class: 'base', x1: at, x2: at, y1: plot.bottom, y2: plot.bottom + 4 }),
    element('text', { x: middle, y: plot.bottom + 6 + font, 'text-anchor': 'middle' }, label),
  ])
}

/** The axis of times, of which the last tick names the unit. */
export function timeAxis(scale: Scale, most: number, unit: 'ms' | 'cycles', count: number): Axis {
  const inSeconds = unit === 'ms' && most >= 10_000
  const text = (tick: number, isLast: boolean): string => {
    const number = (inSeconds ? tick / 1000 : tick).toLocaleString('en', { maximumFractionDigits: 6 })
    return isLast ? `${number} ${inSeconds ? 's' : unit}` : number
  }
  return { scale, ticks: scale.ticks(count), text, isFree: true }
}

/** What a legend tells of a line. */
export interface LegendItem {
  readonly label: string
  readonly tone: string
  readonly isDashed?: boolean | undefined
}

/** Names of lines above the plot, in as many rows as they need. */
export function legend(
  items: readonly LegendItem[],
  width: number,
  font: number,
): { readonly markup: Markup; readonly height: number } {
  const row = font + 8
  let [x, y] = [0, font]
  const texts = items.map(({ label, tone, isDashed }) => {
    const shown = fitted(label, width - 36, font)
    const needed = 28 + textWidth(shown, font) + 14
    if (x > 0 && x + needed > width + 14) [x, y] = [0, y + row]
    const line = element('line', {
      class: isDashed === true ? 'line dashed' : 'line',
      style: `--tone:var(--${tone})`,
      x1: x,
      x2: x + 22,
      y1: y - font * 0.35,
      y2: y - font * 0.35,
    })
    const text = element('text', { x: x + 28, y }, shown)
    x += needed
    return join([line, text])
  })
  return { markup: join(texts), height: y + 8 }
}

/** Strips over the plot: the one that is pointed at shows its line, and its text beside the pointer. */
export function strips(plot: Plot, count: number, textAt: (pixel: number) => string): Markup {
  const width = (plot.right - plot.left) / count
  return join(
    Array.from({ length: count }, (_, index) => {
      const left = plot.left + index * width
      const middle = left + width / 2
      return element(
        'g',
        { 'data-tip': textAt(middle) },
        element('rect', { class: 'hit', x: left, y: plot.top, width, height: plot.bottom - plot.top }),
        element('line', { class: 'cross', x1: middle, x2: middle, y1: plot.top, y2: plot.bottom }),
      )
    }),
  )
}

/** Path data through corners. */
export function path(corners: readonly (readonly [x: number, y: number])[]): string {
  return corners.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${tenth(x)} ${tenth(y)}`).join('')
}

/** A tenth of a pixel is enough for a line. */
const tenth = (value: number): number => Math.round(value * 10) / 10

/** Nothing. */
export const nothing: Markup = raw('')
