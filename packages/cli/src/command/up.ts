import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { endpoint, multiaddrs } from '../option.ts'

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
    .addOption(new Option('--launched').hideHelp())
    .addHelpText('after', examples('grapevine up --detach', 'grapevine up --listen /ip4/127.0.0.1/tcp/4100'))
    .action(async (options, command) => {
      const { up } = await import('../up.ts')
      await up(options, contextOf(command))
    })
}
