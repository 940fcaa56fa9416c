import { outcomeVersion, type RunOutcome, type SweepOutcome } from '@grapevine/sim/report'
import type { Swept } from '../sweep.ts'

/** The option that gives a run one value of a sweep. */
type Given = (name: string, text: string) => string

/** What a sweep writes with `--out`: runs in the order of the values. */
export function sweepOutcome(
  { name, values }: Swept,
  runs: readonly RunOutcome[],
  given: Given = (option, text) => `--${option} ${text}`,
): SweepOutcome {
  const [first] = runs
  return {
    format: 'grapevine-sweep',
    version: outcomeVersion,
    title: `${titleOf(runs).replace(/\.$/, '')}, by ${name}`,
    command: first!.command,
    by: name,
    values: runs.map((run, index) => ({
      text: values[index]!.text,
      run: alone(run, given(name, values[index]!.text)),
    })),
  }
}

/** The title that all have; or the words that all begin with, up to the first that has a number. */
function titleOf(runs: readonly RunOutcome[]): string {
  const [first = '', ...others] = new Set(runs.map(({ title }) => title))
  if (others.length === 0) return first
  const words = first.split(' ')
  const end = words.findIndex(
    (word, index) => /\d/.test(word) || others.some((title) => title.split(' ')[index] !== word),
  )
  return (
    words
      .slice(0, end)
      .join(' ')
      .replace(/ (?:among|of|on)$/, '') || 'Runs'
  )
}

/** A run with the command that repeats it alone. */
function alone(run: RunOutcome, option: string): RunOutcome {
  return { ...run, command: run.command.replace(/--sweep[ =]\S+/, () => option) }
}
