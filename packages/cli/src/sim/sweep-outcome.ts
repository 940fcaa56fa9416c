import { outcomeVersion, type RunOutcome, type SweepOutcome } from '@grapevine/sim/report'
import type { Sweep } from '../sweep.ts'

/** What a sweep writes with `--out`: runs in the order of the values. */
export function sweepOutcome({ name, values }: Sweep, runs: readonly RunOutcome[]): SweepOutcome {
  const [first] = runs
  return {
    format: 'grapevine-sweep',
    version: outcomeVersion,
    title: `${first!.title}, by ${name}`,
    command: first!.command,
    by: name,
    values: runs.map((run, index) => ({
      text: values[index]!.text,
      run: alone(run, `--${name} ${values[index]!.text}`),
    })),
  }
}

/** A run with the command that repeats it alone. */
function alone(run: RunOutcome, option: string): RunOutcome {
  return { ...run, command: run.command.replace(/--sweep[ =]\S+/, () => option) }
}
