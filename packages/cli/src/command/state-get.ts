import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { nonEmpty } from '../option.ts'
import { printJson } from '../output.ts'

/** `state get KEY`. With `--json`: `StateView`. */
export function stateGetCommand(): CommandUnknownOpts {
  return new Command('get')
    .description('print the value of a key of this node, or of another: its exact bytes, escaped on a terminal')
    .argument('<key>', 'the key')
    .option('--of <peer>', `of this node: ${peerHelp}`, nonEmpty)
    .addHelpText('after', examples('grapevine state get role', 'grapevine state get role --of Qm7xKd'))
    .action(async (key, { of }, command) => {
      const context = contextOf(command)
      const view = await (await clientOf(context)).call('stateValue', { key, ...(of !== undefined && { of }) })
      if (context.json) return printJson(view)
      const { printValue } = await import('../state-line.ts')
      await printValue(view)
    })
}
