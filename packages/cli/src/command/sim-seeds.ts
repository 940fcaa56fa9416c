import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { integer } from '../option.ts'
import { change } from './sim-run.ts'

/** `sim seeds SCENARIO`. With `--json`: one object with the seeds that failed, and the command that repeats each. */
export function simSeedsCommand(): CommandUnknownOpts {
  return new Command('seeds')
    .description('run a scenario with one seed after another, on all cores, until an invariant does not hold')
    .argument('<scenario>', 'a file of JSON; or lossless and others that are drawn from the seed')
    .option('-n, --count <n>', 'how many seeds', integer(1, 1_000_000_000), 100)
    .option('--from <n>', 'the first', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--nodes <n>', 'in place of the nodes of the file', integer(2, 100_000))
    .option('--set <path=value>', 'another value for a field, such as links.loss=0.1; more than once', change)
    .option('--jobs <n>', 'processes (default: one for each core)', integer(1, 1024))
    .option('--all', 'go on after a seed that failed; otherwise it ends at the first in their order')
    .addOption(new Option('--worker <n>').hideHelp().argParser(integer(1, 1024)))
    .addHelpText(
      'after',
      examples(
        'grapevine sim seeds lossless -n 10000',
        'grapevine sim seeds examples/scenarios/crash-and-restart.json -n 200 --all',
      ),
    )
    .action(async (scenario, options, command) => {
      const { simulateSeeds } = await import('../sim/seeds.ts')
      await simulateSeeds(scenario, options, contextOf(command))
    })
}
