import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration, nonEmpty } from '../option.ts'
import { printJson } from '../output.ts'

/** `state get KEY`. With `--json`: `StateView`. */
export function stateGetCommand(): CommandUnknownOpts {
  return new Command('get')
    .description('print the value of a key of this node, or of another: its exact bytes, escaped on a terminal')
    .argument('<key>', 'the key')
    .option('--of <peer>', `of this node: ${peerHelp}`, nonEmpty)
    .option('--timeout <duration>', 'wait for the key to be there; if it is not by then, exit code 4', duration)
    .addHelpText(
      'after',
      examples(
        'grapevine state get role',
        'grapevine state get role --of Qm7xKd',
        'grapevine state get address --of Qm7xKd --timeout 30s',
      ),
    )
    .action(async (key, { of, timeout }, command) => {
      const context = contextOf(command)
      const params = { key, ...(of !== undefined && { of }) }
      if (timeout !== undefined) {
        const { waitForKey } = await import('../state-watch.ts')
        await waitForKey(params, timeout, context)
      }
      const view = await (await clientOf(context)).call('stateValue', params)
      if (context.json) return printJson(view)
      const { printValue } = await import('../state-line.ts')
      await printValue(view)
    })
}
