import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { routeCheckCommand } from './route-check.ts'
import { routeRunCommand } from './route-run.ts'

/** `route`: its verbs are in files of their own. */
export function routeCommand(): CommandUnknownOpts {
  return new Command('route')
    .addCommand(routeRunCommand())
    .addCommand(routeCheckCommand())
    .addHelpText('after', examples('grapevine route run streams.toml'))
}
