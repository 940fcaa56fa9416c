import { Command, type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { formatHelp, formatOption } from '../format.ts'
import { examples } from '../help.ts'
import { consumerName, duration, integer, nonEmpty } from '../option.ts'
import { momentHelp, momentOrId } from '../start-option.ts'

/** `sub TOPIC…`. With `--json`: one `MessageView` a line, or `GapView` where this reader was too slow. */
export function subCommand(): CommandUnknownOpts {
  return new Command('sub')
    .argument('[topic...]', 'topics; with several, or --match, lines begin with TOPIC and a tab')
    .option(
      '--match <glob>',
      'all held topics that match, also those held later: * any characters, ? one; may be repeated',
      globs,
    )
    .option(
      '--since <time|id>',
      `begin with what was said since then, by the clocks of the authors: ${momentHelp}; or behind a message`,
      momentOrId,
    )
    .option('--last <n>', 'begin with the last so many messages', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--all', 'begin with the oldest message that is kept')
    .option('--new', 'begin with the next message; the default')
    .option(
      '--consumer <consumer>',
      'go on behind what this consumer has acknowledged: what was printed, or what --exec did; failures are tried again',
      consumerName,
    )
    .addOption(
      new Option(
        '--ordered <order>',
        "author: each author's messages in sequence; causal: messages behind their parents",
      ).choices(['author', 'causal'] as const),
    )
    .option(
      '--gap-wait <duration>',
      'with --ordered: wait so long for what is missing, then show a gap; default 2s',
      duration,
    )
    .option('--raw', 'print the exact bytes and nothing between messages')
    .option('--format <text>', `print each message as this text and a newline: ${formatHelp}`, formatOption)
    .option('--exec <command>', 'run a shell command for each message, which it reads from standard input')
    .option('--jobs <n>', 'run this many commands at a time', integer(1, 1000))
    .option('--count <n>', 'end after this many messages', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--timeout <duration>', 'end after this long; with --count unmet, exit code 4', duration)
    .option('--ready-fd <n>', 'write a line to this file descriptor once messages will be seen', integer(1, 65_535))
    .option('--reconnect', 'when the node stops, wait for it and go on, instead of ending with exit code 1')
    .option('--once', 'without a running node: bring one for this command, in a temporary home')
    .option(
      '--join <ticket|addr>',
      "with --once: the network of a ticket, or a peer's address in that of the home",
      nonEmpty,
    )
    .addHelpText(
      'after',
      examples(
        'grapevine sub chat',
        "grapevine sub chat news --format '%t %i %p'",
        "grapevine sub --match 'sensors/*'",
        'grapevine sub chat --since 1h',
        'grapevine sub chat --last 10 --ordered author',
        `grapevine sub chat --consumer mailer --exec 'cat >> mails'`,
        'grapevine sub chat --once --join "$(grapevine ticket)" --count 1',
        `grapevine sub chat --exec 'echo "$GRAPEVINE_ID from $GRAPEVINE_AUTHOR: $(cat)"'`,
      ),
    )
    .action(async (topics, options, command) => {
      const { subscribe } = await import('../subscribe.ts')
      await subscribe(topics, options, contextOf(command))
    })
}

function globs(text: string, before: readonly string[] | undefined): readonly string[] {
  if (/^[A-Za-z0-9._/*?-]{1,128}$/.test(text)) return [...(before ?? []), text]
  throw new InvalidArgumentError('It takes 1 to 128 of A-Z a-z 0-9 . _ / - * ?')
}
