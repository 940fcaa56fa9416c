import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `consumer ls`. With `--json`: an array of `ConsumerView`. */
export function consumerLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list consumers: topics, whether they are read, and how far they are behind')
    .addHelpText('after', examples('grapevine consumer ls'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const found = await (await clientOf(context)).call('consumers', {})
      if (context.json) return printJson(found)
      if (found.length === 0) {
        note('no consumers')
        return suggest(`next: ${context.self} sub chat --consumer mailer`)
      }
      const { consumerLines } = await import('../consumer-line.ts')
      for (const line of consumerLines(found)) await print(line)
    })
}
