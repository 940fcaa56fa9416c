import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { stateCounterCommand } from './state-counter.ts'
import { stateGetCommand } from './state-get.ts'
import { stateGroupCommand } from './state-group.ts'
import { stateLsCommand } from './state-ls.ts'
import { stateRmCommand } from './state-rm.ts'
import { stateSetCommand } from './state-set.ts'
import { stateSharedCommand } from './state-shared.ts'
import { stateWatchCommand } from './state-watch.ts'

/** `state`: its verbs are in files of their own. */
export function stateCommand(): CommandUnknownOpts {
  return new Command('state')
    .description('small values that all nodes see: those of each node, and those that several write together')
    .addCommand(stateSetCommand())
    .addCommand(stateGetCommand())
    .addCommand(stateRmCommand())
    .addCommand(stateLsCommand())
    .addCommand(stateWatchCommand())
    .addCommand(stateSharedCommand())
    .addCommand(stateCounterCommand())
    .addCommand(stateGroupCommand())
    .addHelpText(
      'after',
      examples(
        'grapevine state set role=relay zone=eu',
        'grapevine state ls --all --match role',
        'grapevine state counter add hits',
      ),
    )
}
