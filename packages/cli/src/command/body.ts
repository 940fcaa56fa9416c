import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { nonEmpty } from '../option.ts'

/** `body ID`: the exact bytes. With `--json`, `BodyView`. */
export function bodyCommand(): CommandUnknownOpts {
  return new Command('body')
    .argument('<id>', 'a message id, or its first 6 digits or more')
    .option('--out <path>', 'write into this file, which appears once all is there; -: standard output', nonEmpty)
    .addHelpText(
      'after',
      examples('grapevine body "$(grapevine pub chat hello)"', 'grapevine body 3fa9c1e07a --out block.bin'),
    )
    .action(async (id, options, command) => {
      const { readBody } = await import('../body.ts')
      await readBody(id, options, contextOf(command))
    })
}
