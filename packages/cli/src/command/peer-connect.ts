import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { duration } from '../option.ts'
import { print, printJson, suggest } from '../output.ts'

/** `peer connect ADDR|PEER`. With `--json`: `PeerView`. */
export function peerConnectCommand(): CommandUnknownOpts {
  return new Command('connect')
    .description('dial a peer now, once')
    .argument('<peer>', 'address, with or without peer id; or id, at least 6 characters of its end, or name')
    .option('--timeout <duration>', 'give up after this long (default: 15s)', duration)
    .addHelpText('after', examples('grapevine peer connect /ip4/192.168.1.5/tcp/4100', 'grapevine peer connect Qm7xKd'))
    .action(async (peer, { timeout }, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const view = await client.call('peerConnect', timeout === undefined ? {} : { timeout }, { body: { peer } })
      if (context.json) return printJson(view)
      const { connectionLine } = await import('../peer-line.ts')
      await print(`connected ${connectionLine(view)}`)
      suggest(`next: ${context.self} peer ping ${view.peerId}`)
    })
}
