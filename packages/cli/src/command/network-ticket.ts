import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `network ticket`, and `ticket` for short. With `--json`: `{ticket}`. */
export function ticketCommand(): CommandUnknownOpts {
  return new Command('ticket')
    .addHelpText('after', examples('grapevine ticket', 'grapevine network ticket --json'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const { ticketIn } = await import('../ticket.ts')
      const ticket = await ticketIn(await homeOf(context))
      if (context.json) return printJson({ ticket })
      await print(ticket)
      suggest(`on the other machine: grapevine join ${ticket} --up`)
    })
}
