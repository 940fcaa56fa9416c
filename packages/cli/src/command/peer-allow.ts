import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { CommandError } from '../failure.ts'
import { plural, print, printJson, suggest } from '../output.ts'

/** `peer allow TARGET…`. With `--json`: `BlocksView`. */
export function peerAllowCommand(): CommandUnknownOpts {
  return new Command('allow')
    .description('let in again who was blocked, or let in only some peers')
    .argument(
      '[targets...]',
      'ids, at least 6 characters of their ends, or names; or IPs and ranges as they were blocked',
    )
    .option('--only', 'let in nobody but these peers, and those allowed so before')
    .option('--everyone', 'end --only: let in whoever is not blocked')
    .addHelpText(
      'after',
      examples('grapevine peer allow Qm7xKd', 'grapevine peer allow --only Qm7xKd', 'grapevine peer allow --everyone'),
    )
    .action(async (targets, { only, everyone }, command) => {
      const context = contextOf(command)
      if (everyone === true ? targets.length > 0 || only === true : targets.length === 0) {
        throw new CommandError('usage', 'it takes peers, or --everyone alone', `see: ${context.self} peer allow --help`)
      }
      const client = await clientOf(context)
      const view = await client.call('allow', {}, { body: { targets, only: only === true } })
      if (context.json) return printJson(view)
      if (view.only !== undefined) await print(`only ${plural(view.only.length, 'peer')} let in`)
      else
        await print(
          everyone === true
            ? 'whoever is not blocked is let in'
            : `allowed ${plural(targets.length, 'entry', 'entries')}`,
        )
      suggest(`see: ${context.self} peer blocked`)
    })
}
