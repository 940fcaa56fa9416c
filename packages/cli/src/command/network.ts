import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { networkCreateCommand } from './network-create.ts'
import { networkLeaveCommand } from './network-leave.ts'
import { networkShowCommand } from './network-show.ts'
import { ticketCommand } from './network-ticket.ts'

/** `network`: its verbs are in files of their own. */
export function networkCommand(): CommandUnknownOpts {
  return new Command('network')
    .addCommand(networkCreateCommand())
    .addCommand(networkShowCommand())
    .addCommand(networkLeaveCommand())
    .addCommand(ticketCommand().description('print a ticket that lets others join, while the node is up or down'))
    .addHelpText('after', examples('grapevine network create demo --up', 'grapevine network ticket'))
}
