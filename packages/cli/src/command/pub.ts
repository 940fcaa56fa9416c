import { Command, type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { duration, integer, nonEmpty, receipts } from '../option.ts'

/** `pub TOPIC`. With `--json`: `PublishView`; with `--lines`, one a line, or `ErrorView` for a line that failed. */
export function pubCommand(): CommandUnknownOpts {
  return new Command('pub')
    .argument('<topic>', 'the topic')
    .argument('[message]', 'the message, or - for all of standard input')
    .option('--file <path>', 'publish what this file holds', nonEmpty)
    .option('--lines', 'publish each line of standard input or the file as a message; print one id a line')
    .option(
      '--count <n>',
      'publish the message this often, with {{Count}} and {{Time}} filled in',
      integer(1, 1_000_000_000),
    )
    .addOption(
      new Option(
        '--encoding <encoding>',
        'messages are written so, and published as the bytes that this means',
      ).choices(['hex', 'base64'] as const),
    )
    .option('--interval <duration>', 'with --count or --lines: time from one message to the next', duration)
    .option('--wait-peers <n>', 'publish only once this many peers subscribe to the topic', integer(0, 10_000))
    .option(
      '--receipt <n|peers>',
      'wait until so many peers, or these (PEER,PEER), have signed that they stored it; too few in time: exit code 4',
      receipts,
    )
    .option('--parent <id>', 'a message that this one refers to, for sub --ordered causal; may be repeated', parents)
    .option('--timeout <duration>', 'give up after this long, with exit code 4: 40 (seconds), 250ms, 5s, 1h', duration)
    .option('--once', 'without a running node: bring one for this command, in a temporary home')
    .option(
      '--join <ticket|addr>',
      "with --once: the network of a ticket, or a peer's address in that of the home",
      nonEmpty,
    )
    .addHelpText(
      'after',
      examples(
        'grapevine pub chat hello',
        'echo hello | grapevine pub chat -',
        'seq 1000 | grapevine pub chat - --lines',
        "grapevine pub chat 'tick {{Count}} at {{Time}}' --count 10 --interval 1s",
        'grapevine pub chat hello --receipt 1 --timeout 5s',
        'grapevine pub chat agreed --parent "$(grapevine pub chat proposal)"',
        'grapevine pub chat hello --once --join "$(grapevine ticket)"',
      ),
    )
    .action(async (topic, message, options, command) => {
      const { publish } = await import('../publish.ts')
      await publish(topic, message, options, contextOf(command))
    })
}

function parents(text: string, before: readonly string[] | undefined): readonly string[] {
  if (/^[0-9a-fA-F]{6,64}$/.test(text) && (before ?? []).length < 64) return [...(before ?? []), text.toLowerCase()]
  throw new InvalidArgumentError('It takes the id of a message, or its first 6 digits or more; at most 64 times.')
}
