import {
  compareOutcomes,
  compareReport,
  compareSvg,
  differenceText,
  figureText,
  type FigureDifference,
  type NamedOutcome,
} from '@grapevine/sim/report'
import type { Context } from '../context.ts'
import { print, printJson, styled } from '../output.ts'
import { safe } from '../safe.ts'
import { table } from '../table.ts'
import { checkReport, writeReport } from './output.ts'
import { readTwo } from './read.ts'

/** Prints two runs beside each other, and writes a report of them. Error `usage` for files that are none. */
export async function compareRuns(
  files: readonly [a: string, b: string],
  report: string | undefined,
  context: Context,
): Promise<void> {
  if (report !== undefined) await checkReport(report)
  const [a, b] = await readTwo(...files)
  if (report !== undefined) await writeReport(report, { html: () => compareReport(a, b), svg: () => compareSvg(a, b) })
  if (context.json) {
    const comparison = compareOutcomes(a.run, b.run)
    const [one, other] = [a, b].map(({ name, run: { title, command, trace } }) => ({ name, title, command, trace }))
    return printJson({ a: one, b: other, ...comparison })
  }
  return printComparison(a, b)
}

/** Prints two runs beside each other, for people. */
export async function printComparison(a: NamedOutcome, b: NamedOutcome): Promise<void> {
  const comparison = compareOutcomes(a.run, b.run)
  const heads = ['', safe(a.name), safe(b.name)]
  await print(styled('bold', `${safe(a.run.title)} | ${safe(b.run.title)}`))
  for (const line of table([[...heads, 'difference'], ...comparison.figures.map(figureRow)])) await print(line)
  const { parameters } = comparison
  await print('')
  if (parameters.length === 0) return print('the same parameters and the same seed')
  const text = (value: string | number | boolean | undefined): string =>
    value === undefined ? '-' : safe(String(value))
  const rows = parameters.map((row) => [safe(row.name), text(row.a), text(row.b)])
  for (const line of table([['parameters that differ', ...heads.slice(1)], ...rows])) await print(line)
  return undefined
}

function figureRow(row: FigureDifference): string[] {
  const text = (value: number | undefined): string => (value === undefined ? '-' : safe(figureText(value, row.unit)))
  const { difference, ratio } = differenceText(row)
  return [safe(row.name), text(row.a), text(row.b), safe(difference), safe(ratio)]
}
