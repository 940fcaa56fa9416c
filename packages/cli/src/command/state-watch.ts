import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration, integer, nonEmpty } from '../option.ts'

/** `state watch`. With `--json`: one `StateChangeView` a line, `WatchReadyView` behind those present, or `GapView`. */
export function stateWatchCommand(): CommandUnknownOpts {
  return new Command('watch')
    .description('print keys of all nodes, then each change as it is heard of; Ctrl-C ends it with exit code 0')
    .argument('[glob...]', 'only keys that match one of these: * any characters, ? one')
    .option('--of <peer>', `only those of this node: ${peerHelp}`, nonEmpty)
    .option('--new', 'begin with the next change')
    .option('--count <n>', 'end after this many keys and changes', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--timeout <duration>', 'end after this long; with --count unmet, exit code 4', duration)
    .option('--reconnect', 'when the node stops, wait for it and go on, instead of ending with exit code 1')
    .addHelpText(
      'after',
      examples(
        'grapevine state watch',
        "grapevine state watch 'role' --new",
        'grapevine state watch --of Qm7xKd --json',
      ),
    )
    .action(async (match, options, command) => {
      const { watchState } = await import('../state-watch.ts')
      await watchState(match, options, contextOf(command))
    })
}
