import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `evidence verify FILE`. With `--json`: `EvidenceDetailView`. */
export function evidenceVerifyCommand(): CommandUnknownOpts {
  return new Command('verify')
    .description('check a file of evidence with nothing but the file: exit 0 if it proves what it says, else 1')
    .argument('<file>', 'the file; - reads standard input')
    .addHelpText(
      'after',
      examples(
        'grapevine evidence verify evidence.json',
        'curl -s https://example.org/e.json | grapevine evidence verify -',
      ),
    )
    .action(async (path, _options, command) => {
      const { verifyFile } = await import('../evidence.ts')
      await verifyFile(path, contextOf(command))
    })
}
