import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { integer } from '../option.ts'
import { note, print, printJson, suggest } from '../output.ts'

const limitDefault = 100

/** `outbox ls`. With `--json`: an array of `OutboxView`. */
export function outboxLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list own messages that are queued, sent but held by nobody, or lack receipts; the oldest first')
    .option('--topic <topic>', 'of this topic only')
    .addOption(
      new Option('--state <state>', 'in this state only').choices(['local', 'queued', 'sent', 'held'] as const),
    )
    .option('--limit <n>', 'at most so many', integer(1, 1000), limitDefault)
    .addHelpText('after', examples('grapevine outbox ls', 'grapevine outbox ls --topic chat --state queued --json'))
    .action(async ({ topic, state, limit }, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const query = { limit, ...(topic !== undefined && { topic }), ...(state !== undefined && { state }) }
      const entries = await client.call('outbox', query)
      if (context.json) return printJson(entries)
      if (entries.length === 0) return note('the outbox is empty: other peers hold all that was published')
      const { outboxLines } = await import('../outbox-line.ts')
      await print(outboxLines(entries, Date.now()).join('\n'))
      if (entries.length === limit) note(`these are the first ${limit}; more with --limit`)
      suggest(`next: ${context.self} outbox retry`)
    })
}
