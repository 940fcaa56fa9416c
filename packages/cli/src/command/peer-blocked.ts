import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'

/** `peer blocked`. With `--json`: `BlocksView`. */
export function peerBlockedCommand(): CommandUnknownOpts {
  return new Command('blocked')
    .description('list who is kept out')
    .addHelpText('after', examples('grapevine peer blocked'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const { peers, ranges, only } = await client.call('blocked', {})
      if (context.json) return printJson({ peers, ranges, ...(only && { only }) })
      for (const target of [...peers, ...ranges]) await print(safe(target))
      for (const peer of only ?? []) await print(`only ${safe(peer)}`)
      if (peers.length + ranges.length > 0 || only !== undefined) return
      note('nobody is blocked')
      suggest(`next: ${context.self} peer block PEER`)
    })
}
