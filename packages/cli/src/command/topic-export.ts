import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `topic export TOPIC [FILE]`: NDJSON with and without `--json`. */
export function topicExportCommand(): CommandUnknownOpts {
  return new Command('export')
    .description('write all that is kept of a topic, with signatures, as lines of JSON (docs/protocol.md)')
    .argument('<topic>', 'the topic')
    .argument('[file]', 'a new file; default: standard output')
    .addHelpText(
      'after',
      examples('grapevine topic export chat chat.ndjson', 'grapevine topic export chat | gzip > chat.ndjson.gz'),
    )
    .action(async (topic, file, _options, command) => {
      const { exportTopic } = await import('../topic-export.ts')
      await exportTopic(topic, file, contextOf(command))
    })
}
