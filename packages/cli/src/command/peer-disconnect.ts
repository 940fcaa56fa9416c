import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { plural, print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'

/** `peer disconnect PEER`. With `--json`: `{peerId, closed}`. */
export function peerDisconnectCommand(): CommandUnknownOpts {
  return new Command('disconnect')
    .description('close the connections to a peer, and do not dial it until told to or restarted; it may still dial us')
    .argument('<peer>', peerHelp)
    .addHelpText('after', examples('grapevine peer disconnect Qm7xKd'))
    .action(async (peer, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const view = await client.call('peerDisconnect', { peer })
      if (context.json) return printJson(view)
      await print(`disconnected ${safe(view.peerId)} (${plural(view.closed, 'connection')})`)
      suggest(`to keep it out: ${context.self} peer block ${view.peerId}`)
    })
}
