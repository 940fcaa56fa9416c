import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `consumer show NAME`. With `--json`: `ConsumerView`. */
export function consumerShowCommand(): CommandUnknownOpts {
  return new Command('show')
    .description('show a consumer: what it reads, and how far it is')
    .argument('<consumer>', 'its name')
    .addHelpText('after', examples('grapevine consumer show mailer'))
    .action(async (consumer, _options, command) => {
      const context = contextOf(command)
      const view = await (await clientOf(context)).call('consumer', { consumer })
      if (context.json) return printJson(view)
      const { consumerScreen } = await import('../consumer-line.ts')
      await print(consumerScreen(view))
      suggest(`next: ${context.self} sub --consumer ${consumer}`)
    })
}
