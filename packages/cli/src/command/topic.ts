import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { topicAddCommand } from './topic-add.ts'
import { topicLsCommand } from './topic-ls.ts'
import { topicRmCommand } from './topic-rm.ts'

/** `topic`: its verbs are in files of their own. */
export function topicCommand(): CommandUnknownOpts {
  return new Command('topic')
    .description('show and choose the topics that this node holds')
    .addCommand(topicLsCommand())
    .addCommand(topicAddCommand())
    .addCommand(topicRmCommand())
    .addHelpText('after', examples('grapevine topic ls', 'grapevine topic add chat'))
}
