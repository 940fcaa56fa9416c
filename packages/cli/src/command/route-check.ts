import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `route check FILE`. With `--json`: an array of `StreamConfig`. */
export function routeCheckCommand(): CommandUnknownOpts {
  return new Command('check')
    .description('read a file of streams and say what it would do, without a node')
    .argument('<file>', 'a table for each stream in TOML, or a member for each in JSON (.json)')
    .addHelpText('after', examples('grapevine route check streams.toml'))
    .action(async (file, _options, command) => {
      const { routeCheck } = await import('../route/run.ts')
      await routeCheck(file, contextOf(command))
    })
}
