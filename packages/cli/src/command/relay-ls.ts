import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `relay ls`. With `--json`: an array of `RelayView`. */
export function relayLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list the relays of the home, running or not')
    .addHelpText('after', examples('grapevine relay ls'))
    .action(async (_options, command) => {
      const { showRelays } = await import('../relay/show.ts')
      await showRelays(contextOf(command))
    })
}
