import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { receiptVerifyCommand } from './receipt-verify.ts'

/** `receipt`: its verbs are in files of their own. */
export function receiptCommand(): CommandUnknownOpts {
  return new Command('receipt')
    .description('signed statements of peers that they stored a message')
    .addCommand(receiptVerifyCommand())
    .addHelpText('after', examples('grapevine receipt verify --help'))
}
