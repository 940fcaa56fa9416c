import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { outboxCancelCommand } from './outbox-cancel.ts'
import { outboxLsCommand } from './outbox-ls.ts'
import { outboxRetryCommand } from './outbox-retry.ts'

/** `outbox`: its verbs are in files of their own. */
export function outboxCommand(): CommandUnknownOpts {
  return new Command('outbox')
    .addCommand(outboxLsCommand())
    .addCommand(outboxRetryCommand())
    .addCommand(outboxCancelCommand())
    .addHelpText('after', examples('grapevine outbox ls', 'grapevine outbox retry'))
}
