import { Command, InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { examples } from '../help.ts'

/** `replay FILE`. With `--json`: one object; of `--why`, `WhyView`; of `--events`, an object a line. */
export function replayCommand(): CommandUnknownOpts {
  return new Command('replay')
    .argument('<file>', 'a recording, made by: grapevine up --record FILE')
    .option(
      '--until <time>',
      'stop there: a time after the start such as 90s, or a moment such as 2026-11-22T10:00Z',
      until,
    )
    .option('--why <id>', 'tell what the node did with a message, step by step')
    .option(
      '--events [filter]',
      'print every event as JSON: all, or those of these kinds, or with these words, by commas',
    )
    .addHelpText(
      'after',
      examples(
        'grapevine replay node.rec',
        'grapevine replay node.rec --why 3fa9c1e07a51',
        'grapevine replay node.rec --events received,verdict --until 10s',
      ),
    )
    .action(async (file, options, command) => {
      const { replay } = await import('../replay.ts')
      await replay(file, options, contextOf(command))
    })
}

/** Where a replay stops: ms after the start of the recording, or ms since 1970. */
export type ReplayEnd = { readonly afterMs: number } | { readonly at: number }

function until(text: string): ReplayEnd {
  const afterMs = parseDuration(text)
  if (afterMs !== undefined) return { afterMs }
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return { at }
  throw new InvalidArgumentError('It takes a duration such as 90s, or a moment such as 2026-11-22T10:00Z.')
}

/** What `replay` was called with. */
export interface ReplayOptions {
  readonly until?: ReplayEnd | undefined
  readonly why?: string | undefined
  /** `true`: all. */
  readonly events?: string | true | undefined
}
