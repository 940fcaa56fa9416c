import { stripVTControlCharacters } from 'node:util'

/** Rows as lines with aligned columns, two spaces apart; styles do not count. Cells must be safe to show. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(cell))
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - width(cell)))
      .join('  ')
      .trimEnd(),
  )
}

const width = (cell: string): number => stripVTControlCharacters(cell).length
