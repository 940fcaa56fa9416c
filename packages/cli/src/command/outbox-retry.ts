import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { requireIdArgument } from '../message-id.ts'
import { plural, print, printJson } from '../output.ts'

/** `outbox retry [ID]`. With `--json`: `OutboxRetryView`. */
export function outboxRetryCommand(): CommandUnknownOpts {
  return new Command('retry')
    .description('announce messages of the outbox again now, one or all, and ask who has them')
    .argument('[id]', 'a message id, or its first 6 digits or more')
    .addHelpText('after', examples('grapevine outbox retry'))
    .action(async (text, _options, command) => {
      const context = contextOf(command)
      const id = text === undefined ? undefined : requireIdArgument(text)
      const client = await clientOf(context)
      const view = await client.call(
        'outboxRetry',
        {},
        { body: id === undefined ? {} : { id: id.prefix, end: id.end } },
      )
      if (context.json) return printJson(view)
      await print(`announced ${plural(view.announced, 'message')} to ${plural(view.peers, 'peer')}`)
    })
}
