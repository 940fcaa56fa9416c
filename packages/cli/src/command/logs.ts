import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { integer } from '../option.ts'

const levels = ['error', 'warn', 'info', 'debug', 'trace'] as const

/** `--level`, from error down to trace. */
export const levelOption = (
  text: string,
): Option<'--level <level>', undefined, 'info', undefined, false, (typeof levels)[number]> =>
  new Option('--level <level>', text).choices(levels).default('info' as const)

/** `logs`. With `--json`: one `LogView` a line, or `GapView` where this reader was too slow. */
export function logsCommand(): CommandUnknownOpts {
  return new Command('logs')
    .option('-f, --follow', 'go on with the lines that come, until Ctrl-C; the node must be up')
    .addOption(levelOption('lines of this level and above; --follow shows them whatever log.level is'))
    .option('-n, --last <n>', 'begin with this many lines', integer(0, 10_000), 20)
    .addHelpText('after', examples('grapevine logs -n 50', 'grapevine logs --follow --level debug'))
    .action(async (options, command) => {
      const { showLogs } = await import('../logs.ts')
      await showLogs(options, contextOf(command))
    })
}
