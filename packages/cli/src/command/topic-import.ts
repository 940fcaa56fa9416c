import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `topic import FILE`. With `--json`: `ImportSummary`. */
export function topicImportCommand(): CommandUnknownOpts {
  return new Command('import')
    .description('bring back an export: every signature is checked; exit code 1 if anything was refused')
    .argument('<file>', 'what topic export wrote, or - for standard input')
    .option('--dry-run', 'only check it, against the network of this home')
    .addHelpText(
      'after',
      examples(
        'grapevine topic import chat.ndjson',
        'gunzip -c chat.ndjson.gz | grapevine topic import -',
        'grapevine topic import chat.ndjson --dry-run',
      ),
    )
    .action(async (file, options, command) => {
      const { importTopic } = await import('../topic-import.ts')
      await importTopic(file, options, contextOf(command))
    })
}
