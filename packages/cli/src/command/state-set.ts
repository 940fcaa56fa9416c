import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { nonEmpty } from '../option.ts'

/** `state set KEY=VALUE…`, `state set KEY VALUE`. With `--json`: `StateWriteView`. */
export function stateSetCommand(): CommandUnknownOpts {
  return new Command('set')
    .description("write keys of this node, all or none; other nodes see them in about a second, and as this node's")
    .argument('<key>', 'KEY=VALUE, or a key')
    .argument('[value...]', 'more of KEY=VALUE; or the value of the key, - for all of standard input')
    .option('--file <path>', 'the value is what this file holds', nonEmpty)
    .addHelpText(
      'after',
      examples(
        'grapevine state set role=relay zone=eu',
        "grapevine state set note 'back at noon'",
        'grapevine state set key.pub --file ~/.ssh/id_ed25519.pub',
        'uptime | grapevine state set load -',
      ),
    )
    .action(async (key, values, { file }, command) => {
      const { setState } = await import('../state-set.ts')
      await setState([key, ...values], file, contextOf(command))
    })
}
