import { axes, legend, nothing, roomFor, sizes, svg, textWidth, type Plot, type SizeName } from './frame.ts'
import { element, join, type Markup } from './markup.ts'
import { percentText } from './number-text.ts'
import type { RunOutcome } from './outcome.ts'
import { linearScale } from './scale.ts'

/** How many copies nodes got, of one run or of two. */
export interface CopiesPicture {
  readonly series: readonly {
    readonly label: string
    readonly tone: string
    readonly copies: NonNullable<RunOutcome['copies']>
  }[]
  readonly label: string
}

/** Columns at most; with more, several numbers of copies share one. */
const columnsMax = 24

/** Columns: what part of the nodes got how many copies of a message. */
export function copiesChart({ series, label }: CopiesPicture, size: SizeName): Markup {
  const { width, height, font } = sizes[size]
  const heads = series.length > 1 ? legend(series, width, font) : { markup: nothing, height: 0 }
  const most = Math.max(...series.flatMap(({ copies }) => copies.map(([count]) => count)))
  const hasNone = series.some(({ copies }) => copies.some(([count, nodes]) => count === 0 && nodes > 0))
  const first = hasNone ? 0 : 1
  const each = Math.max(1, Math.ceil((most - first + 1) / columnsMax))
  const columns = Math.max(1, Math.ceil((most - first + 1) / each))
  const parts = series.map(({ copies }) => partsOf(copies, { first, each, columns }))
  const top = Math.max(...parts.flat())
  const textOf = (part: number): string => `${Number((part * 100).toPrecision(6))} %`
  const plot: Plot = {
    left: roomFor(linearScale([0, top], [0, 1]).ticks(4).map(textOf), font),
    top: heads.height + font + 12,
    right: width - 10,
    bottom: height - font - 14,
  }
  const step = (plot.right - plot.left) / columns
  const y = linearScale([0, top], [plot.bottom, plot.top])
  const x = linearScale([0, columns], [plot.left, plot.right])
  const nameOf = (column: number): string => {
    const from = first + column * each
    return each === 1 ? String(from) : `${from}–${from + each - 1}`
  }
  const xAxis = {
    scale: { ...x, at: (column: number) => x.at(column + 0.5) },
    ticks: Array.from({ length: columns }, (_, column) => column),
    text: nameOf,
  }
  const yAxis = { scale: y, ticks: y.ticks(4), text: textOf }
  const wide = (step * 0.84) / series.length
  // All or only the tall ones: that some are missing would look like chance.
  const hasRoom = parts.flat().every((part) => textWidth(textOfPart(part), font) <= wide * 1.15)
  const groups = Array.from({ length: columns }, (_, column) => {
    const tips = series.map(
      ({ label: name }, index) => `${series.length > 1 ? `${name}: ` : ''}${percentText(parts[index]![column]!)}`,
    )
    const copies = nameOf(column)
    return element(
      'g',
      { class: 'column', 'data-tip': [`${copies} ${copies === '1' ? 'copy' : 'copies'}`, ...tips].join('\n') },
      element('rect', { class: 'hit', x: x.at(column), y: plot.top, width: step, height: plot.bottom - plot.top }),
      ...series.map(({ tone }, index) =>
        bar({
          part: parts[index]![column]!,
          tone:
            series.length > 1
              ? tone
              : column + first === 0 && each === 1
                ? 'b'
                : column + first === 1 && each === 1
                  ? 'a'
                  : 'bar',
          left: x.at(column) + step * 0.08 + index * wide,
          wide,
          top: y.at(parts[index]![column]!),
          bottom: plot.bottom,
          font,
          leastText: series.length > 1 ? Infinity : hasRoom ? 0 : 0.0995,
        }),
      ),
    )
  })
  return svg(size, label, heads.markup, axes(plot, xAxis, yAxis, font), ...groups)
}

interface Bar {
  readonly part: number
  readonly tone: string
  readonly left: number
  readonly wide: number
  readonly top: number
  readonly bottom: number
  readonly font: number
  /** From what part on it is named. */
  readonly leastText: number
}

/** A part in per cent, as short as it goes; the smallest without. */
function textOfPart(part: number): string {
  if (part < 0.0005) return ''
  if (part >= 0.0995) return String(Math.round(part * 100))
  return String(Number((part * 100).toPrecision(part < 0.0095 ? 1 : 2)))
}

function bar({ part, tone, left, wide, top, bottom, font, leastText }: Bar): Markup {
  if (part === 0) return nothing
  const text = textOfPart(part)
  const fits = part >= leastText && textWidth(text, font) <= wide * 1.15
  return join([
    // Thin ones stay visible.
    element('rect', {
      class: 'bar',
      style: `--tone:var(--${tone})`,
      x: left,
      y: Math.min(top, bottom - 1),
      width: wide,
      height: Math.max(1, bottom - top),
      rx: Math.min(2, wide / 4),
    }),
    fits && element('text', { x: left + wide / 2, y: Math.min(top, bottom - 1) - 5, 'text-anchor': 'middle' }, text),
  ])
}

function partsOf(
  copies: NonNullable<RunOutcome['copies']>,
  { first, each, columns }: { readonly first: number; readonly each: number; readonly columns: number },
): number[] {
  const sum = copies.reduce((all, [, nodes]) => all + nodes, 0)
  const parts = Array.from({ length: columns }, () => 0)
  for (const [count, nodes] of copies) if (count >= first) parts[Math.floor((count - first) / each)]! += nodes / sum
  return parts
}
