import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `evidence ls`. With `--json`: an array of `EvidenceView`. */
export function evidenceLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list the evidence that this node found, the oldest first')
    .addHelpText('after', examples('grapevine evidence ls', 'grapevine evidence ls --json | jq -r .[].author'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const found = await (await clientOf(context)).call('evidence', {})
      if (context.json) return printJson(found)
      if (found.length === 0) return note('no author was seen to sign two messages under one number')
      const { evidenceRows } = await import('../evidence.ts')
      for (const line of evidenceRows(found)) await print(line)
      suggest(`next: ${context.self} evidence show ${found[0]!.id.slice(0, 12)}`)
    })
}
