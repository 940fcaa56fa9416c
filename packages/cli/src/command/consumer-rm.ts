import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson } from '../output.ts'

/** `consumer rm NAME`. With `--json`: `{consumer}`. */
export function consumerRmCommand(): CommandUnknownOpts {
  return new Command('rm')
    .description('forget a consumer; messages stay')
    .argument('<consumer>', 'its name')
    .addHelpText('after', examples('grapevine consumer rm mailer'))
    .action(async (consumer, _options, command) => {
      const context = contextOf(command)
      const answer = await (await clientOf(context)).call('consumerRemove', { consumer })
      await (context.json ? printJson(answer) : print(`forgot consumer ${consumer}`))
    })
}
