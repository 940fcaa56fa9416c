import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examplePeer, examples } from '../help.ts'
import { multiaddrs, networkName } from '../option.ts'

/** `join TICKET`, or `join --dialect pubsub --peer ADDRESS`. With `--json`: `{network, status?}`, the last with `--up`. */
export function joinCommand(): CommandUnknownOpts {
  return new Command('join')
    .argument('[ticket]', 'the ticket, or - to read it from standard input')
    .addOption(
      new Option(
        '--dialect <dialect>',
        'pubsub: a network that speaks signed gossipsub, as go-libp2p does by default',
      ).choices(['pubsub'] as const),
    )
    .option(
      '--peer <multiaddr>',
      'with --dialect: a peer in that network, with its peer id; may be repeated',
      multiaddrs,
    )
    .option('--name <name>', 'with --dialect: what to call that network here (default: pubsub)', networkName)
    .option('--up', 'start the node in the background, and wait for a first peer for up to 3 s')
    .addHelpText(
      'after',
      examples(
        'grapevine network create demo --node a --up | grapevine join - --node b --up',
        'grapevine ticket --node a | grapevine join - --node c --up',
        `grapevine join --node d --dialect pubsub --peer /ip4/192.0.2.7/tcp/4001/p2p/${examplePeer} --up`,
      ),
    )
    .action(async (ticket, options, command) => {
      const { join } = await import('../join.ts')
      await join(ticket, options, contextOf(command))
    })
}
