import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'

/** `peer rm PEER`. With `--json`: `{peerId}`. */
export function peerRmCommand(): CommandUnknownOpts {
  return new Command('rm')
    .description('forget a peer and its addresses; a connection stays open')
    .argument('<peer>', peerHelp)
    .addHelpText('after', examples('grapevine peer rm Qm7xKd'))
    .action(async (peer, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const view = await client.call('peerRemove', { peer })
      if (context.json) return printJson(view)
      await print(`forgot ${safe(view.peerId)}`)
      suggest(`to end its connection too: ${context.self} peer disconnect ${view.peerId}`)
    })
}
