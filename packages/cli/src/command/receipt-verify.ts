import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `receipt verify FILE`. With `--json`: `ReceiptVerifyView`. */
export function receiptVerifyCommand(): CommandUnknownOpts {
  return new Command('verify')
    .description('check receipts that receipt export wrote, without a node; exit code 1 if one does not hold')
    .argument('<file>', 'the file, or - for standard input')
    .addHelpText(
      'after',
      examples('grapevine receipt export "$(grapevine pub chat hello --receipt 1)" | grapevine receipt verify -'),
    )
    .action(async (file, _options, command) => {
      const { verifyReceipts } = await import('../receipt-verify.ts')
      await verifyReceipts(file, contextOf(command))
    })
}
