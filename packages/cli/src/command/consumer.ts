import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { consumerLsCommand } from './consumer-ls.ts'
import { consumerResetCommand } from './consumer-reset.ts'
import { consumerRmCommand } from './consumer-rm.ts'
import { consumerShowCommand } from './consumer-show.ts'

/** `consumer`: its verbs are in files of their own. */
export function consumerCommand(): CommandUnknownOpts {
  return new Command('consumer')
    .addCommand(consumerLsCommand())
    .addCommand(consumerShowCommand())
    .addCommand(consumerResetCommand())
    .addCommand(consumerRmCommand())
    .addHelpText('after', examples('grapevine consumer ls', 'grapevine sub chat --consumer mailer --timeout 1s'))
}
