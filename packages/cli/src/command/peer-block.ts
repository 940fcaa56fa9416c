import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { plural, print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'

/** `peer block PEER|IP/CIDR`. With `--json`: `{target, closed}`. */
export function peerBlockCommand(): CommandUnknownOpts {
  return new Command('block')
    .description('keep a peer, an IP or a range out, in both directions, across restarts')
    .argument('<target>', 'id, at least 6 characters of its end, or name; or an IP, or a range such as 192.0.2.0/24')
    .addHelpText('after', examples('grapevine peer block Qm7xKd', 'grapevine peer block 192.0.2.0/24'))
    .action(async (target, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const view = await client.call('block', {}, { body: { target } })
      if (context.json) return printJson(view)
      await print(`blocked ${safe(view.target)} (${plural(view.closed, 'connection')} closed)`)
      suggest(`to undo it: ${context.self} peer allow ${view.target}`)
    })
}
