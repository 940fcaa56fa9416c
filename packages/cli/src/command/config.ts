import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { configGetCommand } from './config-get.ts'
import { configLsCommand } from './config-ls.ts'
import { configSetCommand } from './config-set.ts'
import { configUnsetCommand } from './config-unset.ts'

/** `config`: its verbs are in files of their own. */
export function configCommand(): CommandUnknownOpts {
  return new Command('config')
    .addCommand(configLsCommand())
    .addCommand(configGetCommand())
    .addCommand(configSetCommand())
    .addCommand(configUnsetCommand())
    .addHelpText('after', examples('grapevine config ls', 'grapevine config set log.level debug'))
}
