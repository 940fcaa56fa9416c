import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examplePeer, examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `peer add ADDR`. With `--json`: `PeerView`. */
export function peerAddCommand(): CommandUnknownOpts {
  return new Command('add')
    .description('keep a peer: dial it for ever, across restarts')
    .argument('<address>', 'its address with peer id, as status and peer show print it')
    .addHelpText('after', examples(`grapevine peer add /dns4/example.org/tcp/4100/p2p/${examplePeer}`))
    .action(async (address, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const peer = await client.call('peerAdd', {}, { body: { address } })
      if (context.json) return printJson(peer)
      await print(`keeping ${peer.short} (${peer.state === 'waiting' ? 'dialing' : peer.state})`)
      suggest(`next: ${context.self} peer show ${peer.peerId}`)
    })
}
