import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `relay status NAME`. With `--json`: `RelayView`. */
export function relayStatusCommand(): CommandUnknownOpts {
  return new Command('status')
    .description('show what a relay does and what it has counted')
    .argument('<name>', 'the relay, by the name in its script')
    .addHelpText('after', examples('grapevine relay status short-words'))
    .action(async (name, _options, command) => {
      const { showRelay } = await import('../relay/show.ts')
      await showRelay(name, contextOf(command))
    })
}
