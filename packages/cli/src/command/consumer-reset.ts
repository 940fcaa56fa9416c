import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { integer } from '../option.ts'
import { plural, print, printJson, suggest } from '../output.ts'
import { momentHelp, momentOrId } from '../start-option.ts'

/** `consumer reset NAME`. With `--json`: `ConsumerView`. */
export function consumerResetCommand(): CommandUnknownOpts {
  return new Command('reset')
    .description('put a consumer at another place; what it had before comes marked as redelivered')
    .argument('<consumer>', 'its name')
    .option(
      '--since <time|id>',
      `begin with what was said since then, by the clocks of the authors: ${momentHelp}; or behind a message`,
      momentOrId,
    )
    .option('--last <n>', 'begin with the last so many messages', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--all', 'begin with the oldest message that is kept')
    .option('--new', 'begin with the next message; the default')
    .addHelpText(
      'after',
      examples('grapevine consumer reset mailer --since 1h', 'grapevine consumer reset mailer --new'),
    )
    .action(async (consumer, options, command) => {
      const context = contextOf(command)
      const { startQuery } = await import('../start-option.ts')
      const view = await (await clientOf(context)).call('consumerReset', { consumer }, { body: startQuery(options) })
      if (context.json) return printJson(view)
      await print(`consumer ${consumer} is ${plural(view.behind, 'message')} behind`)
      suggest(`next: ${context.self} sub --consumer ${consumer}`)
    })
}
