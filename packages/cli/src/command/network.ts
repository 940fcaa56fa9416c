import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { networkCreateCommand } from './network-create.ts'
import { networkLeaveCommand } from './network-leave.ts'
import { networkShowCommand } from './network-show.ts'
import { ticketCommand } from './network-ticket.ts'

/** `network`: its verbs are in files of their own. */
export function networkCommand(): CommandUnknownOpts {
  return new Command('network')
    .description('start, show or leave a network, and let others join it')
    .addCommand(networkCreateCommand())
    .addCommand(networkShowCommand())
    .addCommand(networkLeaveCommand())
    .addCommand(ticketCommand())
    .addHelpText('after', examples('grapevine network create demo --up', 'grapevine network ticket'))
}
