import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { integer } from '../option.ts'
import { levelOption } from './logs.ts'

/** `relay logs NAME`. With `--json`: one `LogView` a line. */
export function relayLogsCommand(): CommandUnknownOpts {
  return new Command('logs')
    .description('show the log of a relay, running or not')
    .argument('<name>', 'the relay, by the name in its script')
    .option('-f, --follow', 'go on with the lines that come, until Ctrl-C')
    .addOption(levelOption('lines of this level and above'))
    .option('-n, --last <n>', 'begin with this many lines', integer(0, 10_000), 20)
    .addHelpText('after', examples('grapevine relay logs short-words -n 50'))
    .action(async (name, options, command) => {
      const { relayLogs } = await import('../relay/logs.ts')
      await relayLogs(name, options, contextOf(command))
    })
}
