import { scrolled } from './figure.ts'
import { element, type Markup } from './markup.ts'
import { numberText } from './number-text.ts'
import { isWithin, type TheoryRow } from './outcome.ts'

/** A row of one of several runs: of which. */
type PlacedRow = TheoryRow & { readonly place?: string }

/** Our figures beside those that a formula or a publication has, each with a verdict; `by`: what tells the runs apart. */
export function theoryTable(rows: readonly PlacedRow[], by?: string): Markup {
  const heads = [...(by === undefined ? [] : [by]), 'figure', 'ours', 'expected', 'tolerance', '', 'verdict', 'source']
  const numeric = new Set(by === undefined ? [1, 2, 3] : [2, 3, 4])
  return scrolled(
    'beside theory',
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...heads.map((text, column) =>
            element('th', { scope: 'col', class: numeric.has(column) ? 'n' : undefined }, text),
          ),
        ),
      ),
      element('tbody', {}, ...rows.map(rowOf)),
    ),
  )
}

function rowOf(row: PlacedRow): Markup {
  const { place, name, ours, expected, tolerance, source } = row
  const number = (value: number): Markup => element('td', { class: 'n' }, numberText(value))
  const isGood = isWithin(row)
  return element(
    'tr',
    {},
    place !== undefined && element('td', {}, place),
    element('td', { class: 'name' }, name),
    number(ours),
    number(expected),
    number(tolerance < 1e-6 ? 0 : tolerance),
    element('td', {}, gauge(row)),
    element('td', { class: isGood ? 'yes' : 'no' }, isGood ? '✓ within' : '✗ outside'),
    element('td', { class: 'long' }, source),
  )
}

/** Where ours is within what is allowed: the middle is what is expected. */
function gauge(row: TheoryRow): Markup {
  const { ours, expected, tolerance } = row
  const off =
    ours === expected
      ? 0
      : tolerance < 1e-6
        ? Math.sign(ours - expected) * (isWithin(row) ? 0 : 2)
        : (ours - expected) / tolerance
  const x = 60 + 40 * Math.max(-1.35, Math.min(1.35, off))
  return element(
    'svg',
    { viewBox: '0 0 120 18', width: 120, height: 18, 'aria-hidden': 'true', class: 'gauge' },
    element('rect', { x: 20, y: 5, width: 80, height: 8, rx: 4, style: 'fill:var(--grid)' }),
    element('line', { x1: 60, x2: 60, y1: 2, y2: 16, style: 'stroke:var(--faint)' }),
    element('circle', { cx: x, cy: 9, r: 5, style: `fill:var(--${isWithin(row) ? 'good' : 'bad'})` }),
  )
}
