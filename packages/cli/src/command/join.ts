import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `join TICKET`. With `--json`: `{network, status?}`, the last with `--up`. */
export function joinCommand(): CommandUnknownOpts {
  return new Command('join')
    .description('join the network of a ticket')
    .argument('<ticket>', 'the ticket, or - to read it from standard input')
    .option('--up', 'start the node in the background, and wait for a first peer for up to 3 s')
    .addHelpText(
      'after',
      examples(
        'grapevine network create demo --node a --up | grapevine join - --node b --up',
        'grapevine ticket --node a | grapevine join - --node c --up',
      ),
    )
    .action(async (ticket, { up }, command) => {
      const { join } = await import('../join.ts')
      await join(ticket, up === true, contextOf(command))
    })
}
