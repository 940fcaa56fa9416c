import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { nonEmpty } from '../option.ts'
import { reportHelp } from '../sim/output.ts'

/** `sim compare A B`. With `--json`: one object with both names, figures, counters and the parameters that differ. */
export function simCompareCommand(): CommandUnknownOpts {
  return new Command('compare')
    .description('put two runs that --out wrote beside each other: figures, differences, parameters that differ')
    .argument('<a>', 'file of the one')
    .argument('<b>', 'file of the other')
    .option('--report <file>', reportHelp, nonEmpty)
    .addHelpText(
      'after',
      examples(
        'grapevine sim mesh --d 6 --out d6.json',
        'grapevine sim mesh --d 8 --out d8.json',
        'grapevine sim compare d6.json d8.json --report compare.html',
      ),
    )
    .action(async (a, b, { report }, command) => {
      const { compareRuns } = await import('../sim/compare.ts')
      await compareRuns([a, b], report, contextOf(command))
    })
}
