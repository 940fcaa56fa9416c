import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { suggest, write } from '../output.ts'

/** `evidence export ID`: a file for `evidence verify`, which is JSON with and without `--json`. */
export function evidenceExportCommand(): CommandUnknownOpts {
  return new Command('export')
    .description('print evidence as a file that anybody can check, without this node')
    .argument('<evidence>', 'an id that evidence ls printed, or its first 6 digits or more')
    .addHelpText('after', examples('grapevine evidence export 397673ed496f > evidence.json'))
    .action(async (id, _options, command) => {
      const context = contextOf(command)
      const { askEvidence } = await import('../evidence.ts')
      const { file } = await askEvidence(await clientOf(context), id)
      await write(file)
      suggest('check it anywhere with: grapevine evidence verify evidence.json')
    })
}
