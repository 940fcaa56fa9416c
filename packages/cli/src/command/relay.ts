import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { relayCheckCommand } from './relay-check.ts'
import { relayLogsCommand } from './relay-logs.ts'
import { relayLsCommand } from './relay-ls.ts'
import { relayRunCommand } from './relay-run.ts'
import { relayStatusCommand } from './relay-status.ts'
import { relayStopCommand } from './relay-stop.ts'

/** `relay`: its verbs are in files of their own. */
export function relayCommand(): CommandUnknownOpts {
  return new Command('relay')
    .addCommand(relayRunCommand())
    .addCommand(relayLsCommand())
    .addCommand(relayStatusCommand())
    .addCommand(relayLogsCommand())
    .addCommand(relayStopCommand())
    .addCommand(relayCheckCommand())
    .addHelpText('after', examples('grapevine relay run words.ts --detach', 'grapevine relay ls'))
}
