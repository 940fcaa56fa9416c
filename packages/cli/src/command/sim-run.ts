import { Command, InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { CommandError } from '../failure.ts'
import { examples } from '../help.ts'
import { integer, nonEmpty } from '../option.ts'
import { outHelp, reportHelp } from '../sim/output.ts'

/** `sim run SCENARIO`. With `--json`: a `RunOutcome`, and the `violation` if there was one. */
export function simRunCommand(): CommandUnknownOpts {
  return new Command('run')
    .description('run a scenario with the real protocol under virtual time, and check that nothing is lost')
    .argument('<scenario>', 'a file of JSON; those in examples/scenarios are ready-made')
    .option('--seed <n>', 'in place of the seed of the file', integer(0, Number.MAX_SAFE_INTEGER))
    .option('--nodes <n>', 'in place of the nodes of the file', integer(2, 100_000))
    .option('--set <path=value>', 'another value for a field, such as links.loss=0.1; more than once', change)
    .option('--sweep <values>', 'run with each value of a field: links.loss=0,0.1,0.2 or mesh.d=4..8; one row each')
    .option('--real', 'with real processes on this machine instead; as root on Linux also with the links')
    .option('--compare', 'both, beside each other; --out is of the real one, --report of both')
    .option('--out <file>', outHelp, nonEmpty)
    .option('--report <file>', reportHelp, nonEmpty)
    .addHelpText(
      'after',
      examples(
        'grapevine sim run examples/scenarios/partition-and-heal.json',
        'grapevine sim run examples/scenarios/churn.json --nodes 100 --set links.loss=0.05',
        'grapevine sim run examples/scenarios/eight-regions.json --report regions.html',
        'grapevine sim run examples/scenarios/slow-links.json --sweep mesh.d=4..8 --report d.html',
        'grapevine sim run examples/scenarios/partition-and-heal.json --nodes 10 --compare',
      ),
    )
    .action(async (scenario, options, command) => {
      const { out, report, sweep, real, compare, ...changes } = options
      const files = { out, report }
      const isReal = real === true || compare === true
      if (isReal && sweep !== undefined)
        throw new CommandError('usage', '--sweep is for the simulation: it does not go with --real or --compare')
      if (isReal) {
        const { playScenario } = await import('../sim/real/command.ts')
        await playScenario(scenario, { ...changes, compare: compare === true }, contextOf(command), files)
      } else if (sweep === undefined) {
        const { simulateScenario } = await import('../sim/scenario-run.ts')
        await simulateScenario(scenario, changes, contextOf(command), files)
      } else {
        const { sweepScenario } = await import('../sim/scenario-sweep.ts')
        await sweepScenario(scenario, changes, contextOf(command), { files, sweep })
      }
    })
}

/** Parser of `--set`; the value is the list. */
export function change(text: string, before: readonly string[] | undefined): readonly string[] {
  if (/^[^=]+=/.test(text)) return [...(before ?? []), text]
  throw new InvalidArgumentError('It takes path=value, such as links.loss=0.1.')
}
