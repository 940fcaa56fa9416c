import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `route run FILE`. */
export function routeRunCommand(): CommandUnknownOpts {
  return new Command('run')
    .description('carry messages as the streams of a file say, until Ctrl-C; a change of the file counts at once')
    .argument('<file>', 'a table for each stream in TOML, or a member for each in JSON (.json)')
    .addHelpText('after', examples('grapevine route run streams.toml'))
    .action(async (file, _options, command) => {
      const { routeRun } = await import('../route/run.ts')
      await routeRun(file, contextOf(command))
    })
}
