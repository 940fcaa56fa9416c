import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration, integer, nonEmpty } from '../option.ts'

/** `query NAME [BODY]`. With `--json`: one `QueryItemView` a line. */
export function queryCommand(): CommandUnknownOpts {
  return new Command('query')
    .description('ask members, and print who answers what; it ends once all have, or the time is up')
    .argument('<name>', 'what is asked: those who respond to this name answer; every node answers ping')
    .argument('[body]', 'what they are given, at most 8 KiB; - reads it from standard input')
    .option('--tag <filter>', 'only members with this tag: KEY, KEY=VALUE or KEY=GLOB; may be repeated', several(8))
    .option('--peer <peer>', `only this member, by ${peerHelp}; may be repeated`, several(64))
    .option('--timeout <duration>', 'wait for answers this long, at most 10m (default: 5s)', duration)
    .option(
      '--relay-factor <n>',
      'answers come through so many other peers too, so that one that keeps them does no harm (default: 1)',
      integer(0, 8),
    )
    .option('--no-ack', 'members do not say that it came')
    .addHelpText(
      'after',
      examples(
        'grapevine query ping',
        'grapevine query load --tag role=relay --timeout 2s',
        'echo chat | grapevine query has-topic -',
      ),
    )
    .action(async (name, body, options, command) => {
      const { query } = await import('../query.ts')
      await query(name, body, options, contextOf(command))
    })
}

const several =
  (countMax: number) =>
  (text: string, before: readonly string[] | undefined): readonly string[] => {
    const all = [...(before ?? []), nonEmpty(text)]
    if (all.length > countMax) throw new InvalidArgumentError(`It may be given ${countMax} times.`)
    return all
  }
