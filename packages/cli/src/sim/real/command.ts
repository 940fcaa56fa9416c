import { compareReport, compareSvg, type NamedOutcome, type RunOutcome } from '@grapevine/sim/report'
import { ScenarioRun } from '@grapevine/sim/run'
import type { ScenarioFile } from '@grapevine/sim/scenario-file'
import type { Context } from '../../context.ts'
import { note, notesOnTerminal, plural, print, printJson, styled } from '../../output.ts'
import { safe } from '../../safe.ts'
import { table } from '../../table.ts'
import { untilSignal } from '../../until-signal.ts'
import { printComparison } from '../compare.ts'
import { checkSimFiles, writeReport, writeSimFiles, type SimFiles } from '../output.ts'
import { scenarioOutcome } from '../scenario-outcome.ts'
import { readScenario, type ScenarioChanges } from '../scenario-read.ts'
import { sha256 } from '../sha256.ts'
import { realOutcome } from './outcome.ts'
import { runReal, type RealRun } from './run.ts'

/** Runs `sim run --real`, and with `compare` the simulation of the same before; exit code 1 if an invariant did not hold. */
export async function playScenario(
  path: string,
  { compare, ...changes }: ScenarioChanges & { readonly compare: boolean },
  context: Context,
  files: SimFiles,
): Promise<void> {
  await checkSimFiles(files)
  const file = await readScenario(path, changes)
  const simulated = compare ? simulate(file) : undefined
  const { signal } = untilSignal()
  const run = await runReal(file, signal, (what) => void (notesOnTerminal() && note(what))).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  if (run === undefined) {
    note('ended before it was over; all processes are gone')
    process.exitCode = 1
    return undefined
  }
  const real = realOutcome(run)
  if (simulated === undefined) await writeSimFiles(files, () => real)
  else await writeBoth(files, simulated, real)
  const broken = brokenBy(run)
  if (broken.length > 0) process.exitCode = 1
  const { passedOver, hasLinks } = run
  if (context.json) {
    const about = { passedOver, hasLinks, broken }
    return printJson(simulated === undefined ? { ...real, ...about } : { simulated, real: { ...real, ...about } })
  }
  await print(styled('bold', `${safe(file.name)}: ${plural(file.nodes, 'process', 'processes')}, seed ${file.seed}`))
  if (simulated === undefined) for (const line of table(rowsOf(real))) await print(line)
  else await printComparison(...named(simulated, real))
  for (const text of passedOver) await print(styled('yellow', `not modelled in --real: ${text}`))
  for (const text of broken) await print(styled('red', `FAILED ${text}`))
  return undefined
}

const named = (simulated: RunOutcome, real: RunOutcome): [NamedOutcome, NamedOutcome] => [
  { name: 'simulation', run: simulated },
  { name: 'processes', run: real },
]

/** A report of both, and the outcome of the processes. */
async function writeBoth({ out, report }: SimFiles, simulated: RunOutcome, real: RunOutcome): Promise<void> {
  await writeSimFiles({ out }, () => real)
  const [a, b] = named(simulated, real)
  if (report !== undefined) await writeReport(report, { html: () => compareReport(a, b), svg: () => compareSvg(a, b) })
}

function simulate(file: ScenarioFile): RunOutcome {
  const run = new ScenarioRun(file, { sha256 })
  while (!run.isOver) run.advance(1000)
  return scenarioOutcome(run)
}

/** Invariants that did not hold, in words. */
function brokenBy({ file, book, lacking }: RealRun): string[] {
  const { once, delivered } = file.invariants
  const some = [...lacking].slice(0, 3).map(([node, count]) => `n${node} lacks ${count}`)
  return [
    ...(once && book.repeated > 0 ? [`once: ${plural(book.repeated, 'message')} came to a reader again`] : []),
    ...(delivered && lacking.size > 0
      ? [`delivered: ${plural(lacking.size, 'node')} lack messages that were acknowledged: ${some.join(', ')}`]
      : []),
  ]
}

function rowsOf({ figures, counters, messages, bytes }: RunOutcome): string[][] {
  const { delivered = 0, expected = 0 } = counters
  const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 })
  return [
    ['delivered', number(delivered), `of ${number(expected)}; ${plural(messages, 'message')}`],
    ...figures.slice(1).map(({ name, value, unit = '' }) => [name, `${number(value)} ${unit}`.trim(), '']),
    ...(bytes === undefined ? [] : [['on the links', `${number(bytes / 1e6)} MB`, 'with IP headers']]),
  ]
}
