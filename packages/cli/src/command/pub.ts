import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { duration, integer } from '../option.ts'

/** `pub TOPIC`. With `--json`: `PublishView`; with `--lines`, one a line, or `ErrorView` for a line that failed. */
export function pubCommand(): CommandUnknownOpts {
  return new Command('pub')
    .description('publish a message, and print its id')
    .argument('<topic>', 'the topic')
    .argument('[message]', 'the message, or - for all of standard input')
    .option('--lines', 'publish each line of standard input as a message; print one id a line')
    .option('--wait-peers <n>', 'publish only once this many peers subscribe to the topic', integer(0, 10_000))
    .option('--timeout <duration>', 'give up after this long, with exit code 4: 40 (seconds), 250ms, 5s, 1h', duration)
    .addHelpText(
      'after',
      examples(
        'grapevine pub chat hello',
        'echo hello | grapevine pub chat -',
        'seq 1000 | grapevine pub chat - --lines',
      ),
    )
    .action(async (topic, message, options, command) => {
      const { publish } = await import('../publish.ts')
      await publish(topic, message, options, contextOf(command))
    })
}
