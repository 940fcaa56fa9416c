import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { requireIdArgument } from '../message-id.ts'
import { print, printJson } from '../output.ts'

/** `outbox cancel ID`. With `--json`: `OutboxCancelView`. */
export function outboxCancelCommand(): CommandUnknownOpts {
  return new Command('cancel')
    .description('take back a message that has not left this node; print the ids that are gone')
    .argument('<id>', 'a message id, or its first 6 digits or more')
    .option('--envelope', 'and the messages that were signed together with it')
    .addHelpText('after', examples('grapevine outbox cancel "$(grapevine pub chat oops)"'))
    .action(async (text, { envelope }, command) => {
      const context = contextOf(command)
      const id = requireIdArgument(text)
      const client = await clientOf(context)
      const view = await client.call(
        'outboxCancel',
        {},
        { body: { id: id.prefix, end: id.end, ...(envelope === true && { envelope }) } },
      )
      if (context.json) return printJson(view)
      await print(view.ids.join('\n'))
    })
}
