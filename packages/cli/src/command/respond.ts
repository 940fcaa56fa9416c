import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { duration, integer, nonEmpty } from '../option.ts'

/** `respond NAME --exec COMMAND`. With `--json`: a line for each query that was answered, or not. */
export function respondCommand(): CommandUnknownOpts {
  return new Command('respond')
    .description('answer queries of a name with what a command prints, until Ctrl-C')
    .argument('<name>', 'queries of this name; with several responders on a node each answers, four at most')
    .requiredOption(
      '--exec <command>',
      'a shell command: it reads the query from standard input, and prints the answer, at most 16 KiB; a non-zero exit is told to whoever asked',
      nonEmpty,
    )
    .option('--jobs <n>', 'run this many commands at a time (default: 1)', integer(1, 1000))
    .option(
      '--timeout <duration>',
      'kill a command after this long; in any case when its answer comes too late',
      duration,
    )
    .option('--reconnect', 'when the node stops, wait for it and go on, instead of ending with exit code 1')
    .addHelpText(
      'after',
      examples(
        'grapevine respond load --exec \'cut -d" " -f1 /proc/loadavg\'',
        `grapevine respond echo --exec 'echo "$GRAPEVINE_QUERY_ORIGIN said: $(cat)"' --jobs 4`,
      ),
    )
    .action(async (name, options, command) => {
      const { respond } = await import('../respond.ts')
      await respond(name, options, contextOf(command))
    })
}
