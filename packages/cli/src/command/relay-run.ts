import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `relay run FILE`. With `--json`: a `RelayView` once it is ready. */
export function relayRunCommand(): CommandUnknownOpts {
  return new Command('run')
    .description('run a relay against the node, in front until Ctrl-C')
    .argument('<file>', 'a module in TypeScript or JavaScript whose default export is a relay')
    .option('-w, --watch', 'start it again when a file changes that it is made of')
    .option('-d, --detach', 'run in the background, and return when it is ready')
    .option('--once', 'without a running node: with one that lives as long as the relay')
    .option('--join <ticket>', 'with --once: the network to be in; by default that of the home')
    .addOption(new Option('--launched').hideHelp())
    .addHelpText('after', examples('grapevine relay run words.ts', 'grapevine relay run words.ts --watch --detach'))
    .action(async (file, options, command) => {
      const { relayRun } = await import('../relay/run.ts')
      await relayRun(file, options, contextOf(command))
    })
}
