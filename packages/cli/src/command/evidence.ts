import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { evidenceExportCommand } from './evidence-export.ts'
import { evidenceLsCommand } from './evidence-ls.ts'
import { evidenceShowCommand } from './evidence-show.ts'
import { evidenceVerifyCommand } from './evidence-verify.ts'

/** `evidence`: its verbs are in files of their own. */
export function evidenceCommand(): CommandUnknownOpts {
  return new Command('evidence')
    .addCommand(evidenceLsCommand())
    .addCommand(evidenceShowCommand())
    .addCommand(evidenceExportCommand())
    .addCommand(evidenceVerifyCommand())
    .addHelpText('after', examples('grapevine evidence ls', 'grapevine evidence verify evidence.json'))
}
