import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `relay check FILE`. With `--json`: its name, and its topics with their definitions and hashes. */
export function relayCheckCommand(): CommandUnknownOpts {
  return new Command('check')
    .description('load the script of a relay and say what is in it, without a node')
    .argument('<file>', 'a module in TypeScript or JavaScript whose default export is a relay')
    .addHelpText('after', examples('grapevine relay check words.ts'))
    .action(async (file, _options, command) => {
      const { checkRelay } = await import('../relay/show.ts')
      await checkRelay(file, contextOf(command))
    })
}
