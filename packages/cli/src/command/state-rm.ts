import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson } from '../output.ts'
import { safe } from '../safe.ts'

/** `state rm KEY…`. With `--json`: `StateWriteView`. */
export function stateRmCommand(): CommandUnknownOpts {
  return new Command('rm')
    .description('delete keys of this node, all or none; no old copy brings them back')
    .argument('<key...>', 'the keys')
    .addHelpText('after', examples('grapevine state rm role'))
    .action(async (key, _options, command) => {
      const context = contextOf(command)
      const view = await (await clientOf(context)).call('stateRemove', { key })
      if (context.json) return printJson(view)
      await print(`deleted ${view.keys.map(safe).join(', ')}`)
    })
}
