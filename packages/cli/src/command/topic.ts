import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { historyCommand } from './history.ts'
import { topicAddCommand } from './topic-add.ts'
import { topicDefineCommand } from './topic-define.ts'
import { topicExportCommand } from './topic-export.ts'
import { topicImportCommand } from './topic-import.ts'
import { topicLsCommand } from './topic-ls.ts'
import { topicRmCommand } from './topic-rm.ts'
import { topicShowCommand } from './topic-show.ts'
import { topicSyncCommand } from './topic-sync.ts'
import { topicVerifyCommand } from './topic-verify.ts'

/** `topic`: its verbs are in files of their own. */
export function topicCommand(): CommandUnknownOpts {
  return new Command('topic')
    .addCommand(topicLsCommand())
    .addCommand(topicShowCommand())
    .addCommand(topicDefineCommand())
    .addCommand(topicAddCommand())
    .addCommand(topicRmCommand())
    .addCommand(
      historyCommand().description('print the messages that are kept, in the order in which they came, and end'),
    )
    .addCommand(topicExportCommand())
    .addCommand(topicImportCommand())
    .addCommand(topicVerifyCommand())
    .addCommand(topicSyncCommand())
    .addHelpText('after', examples('grapevine topic ls', 'grapevine topic define chat --text'))
}
