import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { requireEnd, requireIdArgument } from '../message-id.ts'
import { print, printJson, suggest } from '../output.ts'

/** `receipt ls ID`. With `--json`: `ReceiptsView`. */
export function receiptLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list who has signed that they stored a message')
    .argument('<id>', 'a message id, or its first 6 digits or more')
    .addHelpText('after', examples('grapevine receipt ls "$(grapevine pub chat hello --receipt 1)"'))
    .action(async (text, _options, command) => {
      const context = contextOf(command)
      const id = requireIdArgument(text)
      const client = await clientOf(context)
      const view = await client.call('receipts', { id: id.prefix })
      requireEnd(view.id, id)
      if (context.json) return printJson(view)
      const { receiptLines } = await import('../receipt-line.ts')
      await print(receiptLines(view).join('\n'))
      suggest(`to check elsewhere: ${context.self} receipt export ${view.id.slice(0, 6)} > receipts.json`)
    })
}
