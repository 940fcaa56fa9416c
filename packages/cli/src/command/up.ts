import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { endpoint, multiaddrs, nonEmpty, size } from '../option.ts'

/** `up`. With `--json`: the node's status once it is ready. */
export function upCommand(): CommandUnknownOpts {
  return new Command('up')
    .option('-d, --detach', 'run in the background, and return when the node is ready')
    .option('--listen <addr>', 'listen on this multiaddr instead; may be repeated', multiaddrs)
    .option('--announce <addr>', 'tell others this multiaddr instead; may be repeated', multiaddrs)
    .option(
      '--api <host:port>',
      'serve the control API on this loopback address too, with the token in api.token',
      endpoint,
    )
    .option('--record <file>', 'keep every event of the node in this file, for: grapevine replay', nonEmpty)
    .option('--record-max <size>', 'how large that file may become (default: 256MiB); the node goes on then', size)
    .option('--record-actions', 'keep what the node did too, and not only digests of it')
    .addOption(new Option('--launched').hideHelp())
    .addHelpText(
      'after',
      examples(
        'grapevine up --detach',
        'grapevine up --listen /ip4/127.0.0.1/tcp/4100',
        'grapevine up --record node.rec',
      ),
    )
    .action(async (options, command) => {
      const { up } = await import('../up.ts')
      await up(options, contextOf(command))
    })
}
