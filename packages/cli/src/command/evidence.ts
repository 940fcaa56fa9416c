import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { evidenceVerifyCommand } from './evidence-verify.ts'

/** `evidence`: its verbs are in files of their own. */
export function evidenceCommand(): CommandUnknownOpts {
  return new Command('evidence')
    .description('proof that an author signed two different messages under one number')
    .addCommand(evidenceVerifyCommand())
    .addHelpText('after', examples('grapevine evidence verify evidence.json'))
}
