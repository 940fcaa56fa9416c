import type { SizeName } from './frame.ts'
import { element, join, type Child, type Markup } from './markup.ts'

/** Figures behind a picture; columns after the first are numbers. */
export interface FigureTable {
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A picture of a page: a sentence that says what there is to see, how to read it, and the figures behind it. */
export interface Picture {
  readonly title: string
  readonly note: string
  readonly draw: (size: SizeName) => Markup
  /** From the widest on; a page shows the one that fits. */
  readonly sizes: readonly SizeName[]
  readonly table: FigureTable
}

/** A picture with its caption, and its figures to be opened below. */
export function figure({ title, note, draw, sizes, table }: Picture): Markup {
  return element(
    'figure',
    {},
    element('figcaption', {}, element('h3', {}, unbroken(title)), element('p', {}, note)),
    element('div', { class: 'picture' }, ...sizes.map(draw)),
    element('details', {}, element('summary', {}, 'The figures'), scrolled(title, tableOf(table))),
  )
}

/** Text in which a number and its unit stay on one line. */
export const unbroken = (text: string): string => text.replaceAll(/(\d) (?=ms\b|s\b|cycles?\b|%)/g, '$1\u00a0')

/** A table that scrolls by itself where it is too wide, with the keyboard too. */
export const scrolled = (label: string, table: Markup): Markup =>
  element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, table)

/** A table whose columns after the first are numbers. */
export function tableOf({ heads, rows }: FigureTable, name = 'fit'): Markup {
  const cells = (cell: 'td' | 'th', row: readonly string[], scope?: string): Markup[] =>
    row.map((text, column) => element(cell, { class: column > 0 ? 'n' : undefined, scope }, text))
  return element(
    'table',
    { class: name },
    element('thead', {}, element('tr', {}, ...cells('th', heads, 'col'))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells('td', row)))),
  )
}

/** A part of a page under a heading. */
export const section = (heading: string, ...children: readonly Child[]): Markup =>
  element('section', {}, element('h2', {}, heading), join(children))
