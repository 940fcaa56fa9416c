import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `relay stop NAME`. With `--json`: its name, and the process id if it was running. */
export function relayStopCommand(): CommandUnknownOpts {
  return new Command('stop')
    .description('stop a relay, and return when it is gone')
    .argument('<name>', 'the relay, by the name in its script')
    .addHelpText('after', examples('grapevine relay stop short-words'))
    .action(async (name, _options, command) => {
      const { stopRelay } = await import('../relay/show.ts')
      await stopRelay(name, contextOf(command))
    })
}
