import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `peer show PEER`. With `--json`: `PeerDetailView`. */
export function peerShowCommand(): CommandUnknownOpts {
  return new Command('show')
    .description('show all that is known of a peer')
    .argument('<peer>', peerHelp)
    .addHelpText('after', examples('grapevine peer show Qm7xKd'))
    .action(async (peer, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const view = await client.call('peer', { peer })
      if (context.json) return printJson(view)
      const { peerScreen } = await import('../peer-screen.ts')
      await print(peerScreen(view, Date.now()))
      suggest(`next: ${context.self} peer ${view.state === 'connected' ? 'ping' : 'connect'} ${view.peerId}`)
    })
}
