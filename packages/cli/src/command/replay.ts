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
      'print events as JSON: all, or those that are or led to one of the kinds that are named, and have every other word in their line; with commas between',
    )
    .optionsGroup('What if:')
    .option(
      '--set <option=value>',
      `another limit, and what would have gone otherwise; may be repeated: ${setHelp}`,
      list,
    )
    .option('--validator <topic=command>', 'another validator; the same: docs/validators.md has what it is given', list)
    .addHelpText(
      'after',
      examples(
        'grapevine replay node.rec',
        'grapevine replay node.rec --why 3fa9c1e07a51',
        'grapevine replay node.rec --events received,verdict,chat --until 10s',
        'grapevine replay node.rec --set chat:authorRateMax=5 --set seen.idsMin=1024',
        "grapevine replay node.rec --validator chat='python3 rule.py'",
      ),
    )
    .action(async (file, options, command) => {
      const { replay } = await import('../replay.ts')
      await replay(file, options, contextOf(command))
    })
}

/** Names of what `--set` takes. */
const setHelp = [
  'seen.idsMin, journal.bytesMax, batch.max, reconcile.intervalMs, reconcile.backMs, defer.msMax',
  'pending.bytesMax, pending.peerBytesMax, queue.bytesMax, storing.bytesMax',
  'park.peerCount, park.peerBytes, park.topicCount, park.topicBytes, park.bytes',
  'TOPIC:authorRateMax, TOPIC:messageBytesMax',
].join(', ')

const list = (text: string, before: readonly string[] | undefined): readonly string[] => {
  if (/^[^=]+=./s.test(text)) return [...(before ?? []), text]
  throw new InvalidArgumentError('It takes a name, =, and what it is to be.')
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
  readonly set?: readonly string[] | undefined
  readonly validator?: readonly string[] | undefined
}
