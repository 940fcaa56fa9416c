import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `evidence show ID`. With `--json`: `EvidenceDetailView`. */
export function evidenceShowCommand(): CommandUnknownOpts {
  return new Command('show')
    .description('show which two messages an author signed under one number')
    .argument('<evidence>', 'an id that evidence ls printed, or its first 6 digits or more')
    .addHelpText('after', examples('grapevine evidence show 397673ed496f'))
    .action(async (id, _options, command) => {
      const context = contextOf(command)
      const { askEvidence, evidenceLines } = await import('../evidence.ts')
      const view = await askEvidence(await clientOf(context), id)
      if (context.json) return printJson(view)
      await print(evidenceLines(view).join('\n'))
      suggest(`for others to check: ${context.self} evidence export ${view.id.slice(0, 12)} > evidence.json`)
    })
}
