import { Command, type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { bodySizeMax } from '@grapevine/protocol/fetch'
import { contextOf } from '../context.ts'
import { dissemination, disseminationHelp } from '../dissemination.ts'
import { examples } from '../help.ts'
import { keepHelp, period, size } from '../keep-option.ts'
import { duration, integer } from '../option.ts'
import { parseSize } from '../size.ts'
import { validatorHelp } from '../validator-option.ts'

/** `topic define NAME|FILE`. With `--json`: `TopicDetailView`. */
export function topicDefineCommand(): CommandUnknownOpts {
  return new Command('define')
    .description('hold a topic under rules of its own, across restarts, and print the hash that nodes compare')
    .argument(
      '<topic|file>',
      'the topic; or a file that ends in .json, or -, with a definition as topic show --json prints it',
    )
    .addOption(
      new Option('--schema <file>', 'messages are JSON that follows this JSON Schema (2020-12)').conflicts([
        'text',
        'bytes',
      ]),
    )
    .addOption(new Option('--text', 'messages are UTF-8 text').conflicts('bytes'))
    .option('--bytes', 'messages are any bytes; the default')
    .option(
      '--id <rule>',
      'signed: each publish is a message; content: the same bytes count once; /a/b: each value there once for each author; keccak256, sha256d:80:reversed: a hash of the first bytes, as chains have it',
    )
    .option('--max-bytes <size>', 'largest message: 500, 8MiB', messageSize)
    .option('--dissemination <how>', disseminationHelp, dissemination)
    .option('--rate <n>', 'messages of one author a second, above which they are ignored', rate)
    .addOption(
      new Option(
        '--validate <how>',
        'nodes judge messages; each: by itself, so it travels alone; together: with those that its author sent with it',
      ).choices(['each', 'together'] as const),
    )
    .option('--raw', 'messages go as they are, without author or signature; the id is by content')
    .addOption(new Option('--delivery <mode>', keepHelp.delivery).choices(['lossless', 'best-effort'] as const))
    .option('--retention-time <period>', keepHelp.time, period)
    .option('--retention-capacity <n>', keepHelp.capacity, integer(1, Number.MAX_SAFE_INTEGER))
    .option('--retention-size <size>', keepHelp.size, size)
    .option('--validator <command>', validatorHelp.validator)
    .option('--no-validator', validatorHelp.none)
    .addOption(
      new Option('--on-failure <what>', validatorHelp.onFailure).choices(['defer', 'accept', 'ignore'] as const),
    )
    .option('--validator-timeout <duration>', validatorHelp.timeout, duration)
    .option('--replace', 'put this definition in the place of another one')
    .addHelpText(
      'after',
      examples(
        'grapevine topic define chat --text --max-bytes 500 --rate 5 --retention-time 7d',
        `echo '{"type": "object", "required": ["celsius"]}' > celsius.json; grapevine topic define sensors --schema celsius.json`,
        'grapevine topic define blocks --dissemination hybrid:16KiB --max-bytes 8MiB',
        'grapevine topic show sensors --json > sensors.json; grapevine topic define sensors.json',
      ),
    )
    .action(async (given, options, command) => {
      const { define } = await import('../topic-define.ts')
      await define(given, options, contextOf(command))
    })
}

function messageSize(text: string): number {
  const bytes = parseSize(text)
  if (bytes !== undefined && bytes <= bodySizeMax) return bytes
  throw new InvalidArgumentError('It takes a size from 0 to 32MiB, such as 500 or 8MiB.')
}

function rate(text: string): number {
  const value = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (value > 0) return value
  throw new InvalidArgumentError('It takes a number above 0, such as 5 or 0.2.')
}
