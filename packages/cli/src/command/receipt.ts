import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { receiptExportCommand } from './receipt-export.ts'
import { receiptLsCommand } from './receipt-ls.ts'
import { receiptVerifyCommand } from './receipt-verify.ts'

/** `receipt`: its verbs are in files of their own. */
export function receiptCommand(): CommandUnknownOpts {
  return new Command('receipt')
    .addCommand(receiptLsCommand())
    .addCommand(receiptExportCommand())
    .addCommand(receiptVerifyCommand())
    .addHelpText('after', examples('grapevine receipt ls "$(grapevine pub chat hello --receipt 1)"'))
}
