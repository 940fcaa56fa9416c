import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { type Format, formatHelp, parseFormat } from '../format.ts'
import { examples } from '../help.ts'
import { duration, integer } from '../option.ts'

/** `sub TOPIC…`. With `--json`: one `MessageView` a line, or `GapView` where this reader was too slow. */
export function subCommand(): CommandUnknownOpts {
  return new Command('sub')
    .description('print messages as they arrive; Ctrl-C ends it with exit code 0')
    .argument('<topic...>', 'one or more topics; with several, lines begin with TOPIC and a tab')
    .option('--raw', 'print the exact bytes and nothing between messages')
    .option('--format <text>', `print each message as this text and a newline: ${formatHelp}`, format)
    .option('--exec <command>', 'run a shell command for each message, which it reads from standard input')
    .option('--jobs <n>', 'run this many commands at a time', integer(1, 1000))
    .option('--count <n>', 'end after this many messages', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--timeout <duration>', 'end after this long; with --count unmet, exit code 4', duration)
    .option('--ready-fd <n>', 'write a line to this file descriptor once messages will be seen', integer(1, 65_535))
    .addHelpText(
      'after',
      examples(
        'grapevine sub chat',
        "grapevine sub chat news --format '%t %i %p'",
        `grapevine sub chat --exec 'echo "$GRAPEVINE_ID from $GRAPEVINE_AUTHOR: $(cat)"'`,
      ),
    )
    .action(async (topics, options, command) => {
      const { subscribe } = await import('../subscribe.ts')
      await subscribe(topics, options, contextOf(command))
    })
}

function format(text: string): Format {
  const parsed = parseFormat(text)
  if (parsed !== undefined) return parsed
  throw new InvalidArgumentError(`It knows ${formatHelp}.`)
}
