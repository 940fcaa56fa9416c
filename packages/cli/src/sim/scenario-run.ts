import { ScenarioRun, scenarioInvariants, type ScenarioViolation } from '@grapevine/sim/run'
import type { ScenarioFile } from '@grapevine/sim/scenario-file'
import type { RunOutcome } from '@grapevine/sim/report'
import type { Context } from '../context.ts'
import { note, notesOnTerminal, plural, print, printJson, styled, suggest } from '../output.ts'
import { table } from '../table.ts'
import { checkSimFiles, writeSimFiles, type SimFiles } from './output.ts'
import { readScenario, type ScenarioChanges } from './scenario-read.ts'
import { scenarioOutcome } from './scenario-outcome.ts'
import { sha256 } from './sha256.ts'

/** Virtual time between two looks at the clock, in ms. */
const stepMs = 50
/** Time between two lines of progress, in ms. */
const everyMs = 200

/** Runs `sim run` and prints what came out; exit code 1 if an invariant did not hold. */
export async function simulateScenario(
  path: string,
  changes: ScenarioChanges,
  context: Context,
  files: SimFiles,
): Promise<void> {
  await checkSimFiles(files)
  const file = await readScenario(path, changes)
  const { run, outcome, setUpMs, ranMs, processorMs } = playScenario(file)
  const { violation } = run
  await writeSimFiles(files, () => outcome)
  if (violation !== undefined) process.exitCode = 1
  if (context.json)
    return printJson({ ...outcome, ...(violation && { violation: { ...violation, repeat: outcome.command } }) })
  const { name, nodes, seed } = file
  await print(
    styled('bold', `${name}: ${nodes.toLocaleString('en')} nodes, ${seconds(run.now)} of virtual time, seed ${seed}`),
  )
  for (const line of table(rowsOf(run, outcome))) await print(line)
  for (const line of violation === undefined ? heldLines(run) : violationLines(violation, outcome.command))
    await print(line)
  const speed = run.now / ranMs
  note(
    `${seconds(ranMs)}, ${speed.toFixed(1)} times as fast as real; ${seconds(processorMs)} of processor time; ${seconds(setUpMs)} to set up`,
  )
  if (violation === undefined) suggest(`next: ${context.self} sim seeds ${path} -n 100`)
}

/** A scenario that has run. Times in ms, of a real clock. */
interface Played {
  readonly run: ScenarioRun
  readonly outcome: RunOutcome
  readonly setUpMs: number
  readonly ranMs: number
  /** Of all threads, without setting it up. */
  readonly processorMs: number
}

/** Runs a scenario to its end, and shows a person how far it is; `which`: of several. */
export function playScenario(file: ScenarioFile, which?: string): Played {
  const start = performance.now()
  const isWatched = notesOnTerminal()
  if (isWatched) process.stderr.write(`setting up ${plural(file.nodes, 'node')}`)
  const run = new ScenarioRun(file, { sha256 })
  if (isWatched) process.stderr.write('\r\u001B[K')
  const begun = performance.now()
  const before = process.cpuUsage()
  const progress = progressOf(file, which)
  while (!run.isOver) {
    run.advance(stepMs)
    progress(run, performance.now() - begun)
  }
  const [setUpMs, ranMs] = [begun - start, performance.now() - begun]
  const { user, system } = process.cpuUsage(before)
  progress(undefined, ranMs)
  return { run, outcome: scenarioOutcome(run), setUpMs, ranMs, processorMs: (user + system) / 1000 }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const count = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 })

function rowsOf({ file, book, writes, sent, counters }: ScenarioRun, outcome: RunOutcome): string[][] {
  const { latency, trace = '', messages, figures } = outcome
  const figure = (name: string): number => figures.find((each) => each.name === name)?.value ?? Number.NaN
  const { delivered = 0, expected = 0 } = outcome.counters
  const what = book.publishes.length > 0 ? plural(messages, 'message') : plural(messages, 'write')
  const verdicts = [...counters].map(([name, times]) => `${name} ${count(times)}`).join(', ')
  return [
    ['delivered', count(delivered), `of ${count(expected)}, ${figure('delivered').toFixed(3)} %; ${what}`],
    ...(latency === undefined
      ? []
      : [
          [
            'delay',
            `${count(latency.p50)} ms`,
            `median; p90 ${count(latency.p90)} ms, p99 ${count(latency.p99)} ms, slowest ${count(latency.max)} ms`,
          ],
        ]),
    ...(book.publishes.length === 0
      ? []
      : [
          ['duplicates', count(figure('duplicates for each node and envelope')), 'for each node and envelope'],
          ['mesh', count(figure('neighbours in the mesh')), 'neighbours, in the end'],
        ]),
    ...(book.publishes.length > 0 && writes.writes.length > 0
      ? [['writes', count(writes.writes.length), 'of state']]
      : []),
    [
      'sent',
      `${count(sent.bytes / 1e6)} MB`,
      `${count(sent.packets)} packets, ${count(sent.lost)} lost; ${count(figure('sent by a node'))} kB a node and second`,
    ],
    ...(verdicts === '' ? [] : [['verdicts', '', verdicts]]),
    ...(file.events.length === 0 ? [] : [['events', String(file.events.length), '']]),
    ['trace', trace, ''],
  ]
}

function heldLines({ file }: ScenarioRun): string[] {
  const names = Object.entries(file.invariants).flatMap(([name, value]) => (value === false ? [] : [name]))
  return names.length === 0 ? [] : [styled('green', `held: ${names.join(', ')}`)]
}

/** What is told of an invariant that did not hold. */
export function violationLines(
  { invariant, node, atMs, message, detail }: ScenarioViolation,
  command: string,
): string[] {
  return [
    styled('red', `FAILED ${invariant}: ${scenarioInvariants[invariant]}`),
    `  on ${node} at ${seconds(atMs)}${message === undefined ? '' : `, message ${message}`}: ${detail}`,
    `  repeat with: ${command}`,
  ]
}

/** Shows a person how far the run is; undefined: it is over. */
function progressOf(
  { durationMs }: ScenarioFile,
  before?: string,
): (run: ScenarioRun | undefined, ranMs: number) => void {
  if (!notesOnTerminal()) return () => undefined
  let shownMs = -Infinity
  return (run, ranMs) => {
    if (run !== undefined && ranMs - shownMs < everyMs) return
    shownMs = ranMs
    if (run === undefined) {
      process.stderr.write('\r\u001B[K')
      return
    }
    const { now, book, writes } = run
    const part = Math.min(1, now / durationMs)
    const bar = '█'.repeat(Math.round(part * 24)).padEnd(24, '░')
    const what =
      book.publishes.length > 0 ? `${count(book.deliveries)} delivered` : `${count(writes.writes.length)} writes`
    const speed = ranMs === 0 ? '' : `, ${(now / ranMs).toFixed(1)} times as fast as real`
    process.stderr.write(
      `\r\u001B[K${before === undefined ? '' : `${before}: `}${bar} ${seconds(now)} of ${seconds(durationMs)}, ${what}${speed}`,
    )
  }
}
