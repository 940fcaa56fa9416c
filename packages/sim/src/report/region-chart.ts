import { fitted, linesOf, sizes, svgOf, textWidth, type SizeName } from './frame.ts'
import { element, join, type Markup } from './markup.ts'
import { timeText } from './number-text.ts'

/** From pale to dark, one hue; and whether text on it is white. */
const shades = [
  '#f3f7fb',
  '#dfebf5',
  '#c6dcee',
  '#a6c9e3',
  '#7fb1d5',
  '#5a98c5',
  '#3a7cb0',
  '#235f93',
  '#124573',
  '#082d50',
] as const
const whiteFrom = 5

/** Regions that somebody published in, and those that somebody received in. */
export interface ShownRegions {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly name: string; readonly median: readonly (number | null)[] }[]
}

/** Squares: the median from each region to each, darker the longer it takes. */
export function regionChart({ columns, rows }: ShownRegions, label: string, size: SizeName): Markup {
  const { width, font } = sizes[size]
  const isWide = size === 'wide'
  const numberOf = new Map(
    [...columns, ...rows.map(({ name }) => name)].map((name) => [name, columns.indexOf(name) + 1]),
  )
  // On a narrow one columns have numbers, and rows say which is whose.
  const shown = (name: string): string => (isWide || numberOf.get(name) === 0 ? name : `${numberOf.get(name)} ${name}`)
  const longest = Math.max(...rows.map(({ name }) => textWidth(shown(name), font)))
  const left = Math.min(longest + 12, width * (isWide ? 0.26 : 0.34))
  const cell = Math.min((width - left) / columns.length, isWide ? 110 : 64)
  const tall = isWide ? 38 : 32
  const heads = columns.map((name, index) =>
    isWide ? linesOf(name, { width: cell - 4, font, most: 4 }) : [String(index + 1)],
  )
  const head = Math.max(...heads.map((lines) => lines.length)) * font * 1.2 + 8
  const times = rows.flatMap(({ median }) => median.filter((ms) => ms !== null))
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const shadeOf = (ms: number): number =>
    most > least ? Math.min(shades.length - 1, Math.floor(((ms - least) / (most - least)) * shades.length)) : 4
  const names = heads.flatMap((lines, index) =>
    lines.map((line, row) =>
      element(
        'text',
        {
          x: left + (index + 0.5) * cell,
          y: head - 8 - (lines.length - 1 - row) * font * 1.2,
          'text-anchor': 'middle',
        },
        line,
      ),
    ),
  )
  const body = rows.map(({ name, median }, from) => {
    const y = head + from * tall
    const text = fitted(shown(name), left - 12, font)
    const title = element('text', { x: left - 10, y: y + tall / 2 + font * 0.35, 'text-anchor': 'end' }, text)
    const cells = median.map((ms, to) =>
      cellOf({
        ms,
        x: left + to * cell,
        y,
        cell,
        tall,
        font: size === 'narrow' ? font - 2.5 : font,
        shade: ms === null ? 0 : shadeOf(ms),
        tip: `${name} → ${columns[to]}`,
      }),
    )
    return join([title, ...cells])
  })
  return svgOf({ size, width, height: head + rows.length * tall + 2, font }, label, ...names, ...body)
}

interface Cell {
  readonly ms: number | null
  readonly x: number
  readonly y: number
  readonly cell: number
  readonly tall: number
  readonly font: number
  readonly shade: number
  readonly tip: string
}

function cellOf({ ms, x, y, cell, tall, font, shade, tip }: Cell): Markup {
  const middle = { x: x + cell / 2, y: y + tall / 2 + font * 0.35, 'text-anchor': 'middle' }
  if (ms === null) return element('text', { ...middle }, '·')
  const text =
    ms >= 9999.5 ? `${Math.round(ms / 1000)}s` : ms < 9.95 ? String(Number(ms.toPrecision(2))) : String(Math.round(ms))
  const fits = textWidth(text, font) <= cell
  return element(
    'g',
    { class: 'cell', 'data-tip': `${tip}\n${timeText(ms, 'ms')}` },
    element('rect', { x: x + 1, y: y + 1, width: cell - 2, height: tall - 2, rx: 2, fill: shades[shade] }),
    fits &&
      element(
        'text',
        { ...middle, style: `font-size:${font}px;fill:${shade >= whiteFrom ? '#fff' : '#1b1e22'}` },
        text,
      ),
  )
}
