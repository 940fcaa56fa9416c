import { figureText, type RunOutcome } from '@grapevine/sim/report'
import type { Context } from '../context.ts'
import { print, printJson, styled } from '../output.ts'
import { safe } from '../safe.ts'
import { placeOf, sweepTexts } from '../sweep.ts'
import { table } from '../table.ts'
import { checkSimFiles, writeSimFiles, type SimFiles } from './output.ts'
import { quoted } from './repeat.ts'
import { readScenario, type ScenarioChanges } from './scenario-read.ts'
import { playScenario, violationLines } from './scenario-run.ts'
import { sweepOutcome } from './sweep-outcome.ts'

/** Figures in the table of a sweep. */
const columnsMax = 8

/** Runs a scenario with each value of a field, one row each; exit code 1 if an invariant did not hold. Error `usage`. */
export async function sweepScenario(
  path: string,
  changes: ScenarioChanges,
  context: Context,
  { files, sweep }: { readonly files: SimFiles; readonly sweep: string },
): Promise<void> {
  await checkSimFiles(files)
  const { name, texts } = sweepTexts(sweep)
  const swept = { name, values: texts.map((text) => ({ text })) }
  const change = (text: string): ScenarioChanges => ({ ...changes, set: [...(changes.set ?? []), `${name}=${text}`] })
  // All are read before the first runs: a value that cannot be is told at once.
  const scenarios = await Promise.all(texts.map((text) => readScenario(path, change(text))))
  const played = scenarios.map((file, index) => playScenario(file, placeOf(swept, index)))
  const outcome = sweepOutcome(
    swept,
    played.map((each) => each.outcome),
    (field, text) => `--set ${quoted(`${field}=${text}`)}`,
  )
  await writeSimFiles(files, () => outcome)
  const broken = played.flatMap(({ run: { violation } }, index) =>
    violation === undefined ? [] : [{ violation, index }],
  )
  if (broken.length > 0) process.exitCode = 1
  if (context.json) return printJson(outcome)
  await print(styled('bold', safe(outcome.title)))
  for (const line of table(rowsOf(name, outcome.values))) await print(line)
  for (const { violation, index } of broken)
    for (const line of violationLines(violation, outcome.values[index]!.run.command)) await print(line)
  return undefined
}

function rowsOf(name: string, values: readonly { readonly text: string; readonly run: RunOutcome }[]): string[][] {
  const names = values[0]!.run.figures.slice(0, columnsMax).map((figure) => figure.name)
  const cellOf = ({ figures }: RunOutcome, each: string): string => {
    const found = figures.find((figure) => figure.name === each)
    return found === undefined ? '-' : figureText(found.value, found.unit)
  }
  return [[name, ...names], ...values.map(({ text, run }) => [text, ...names.map((each) => cellOf(run, each))])]
}
