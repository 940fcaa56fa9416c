import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { formatHelp, formatOption } from '../format.ts'
import { examples, peerHelp } from '../help.ts'
import { integer } from '../option.ts'
import { moment, momentHelp } from '../start-option.ts'

/** `topic history TOPIC`, and `history TOPIC` for short. With `--json`: one `MessageView` a line. */
export function historyCommand(): CommandUnknownOpts {
  return new Command('history')
    .argument('<topic>', 'the topic')
    .option('--author <peer>', `only what this peer said: ${peerHelp}`)
    .option('--since <time>', `only what was said from then on, by the clocks of the authors: ${momentHelp}`, moment)
    .option('--until <time>', 'only what was said before', moment)
    .option('--last <n>', 'only the last so many of those', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--id <id>', 'only this message: its id, or the first 6 digits or more')
    .option('--reverse', 'the newest first')
    .option('--raw', 'print the exact bytes and nothing between messages')
    .option('--format <text>', `print each message as this text and a newline: ${formatHelp}`, formatOption)
    .addHelpText(
      'after',
      examples(
        'grapevine history chat --last 20',
        'grapevine topic history chat --since 1h --json | jq -r .text',
        "grapevine history chat --reverse --format '%T %a %p' | head",
      ),
    )
    .action(async (topic, options, command) => {
      const { printHistory } = await import('../history.ts')
      await printHistory(topic, options, contextOf(command))
    })
}
