import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { requireEnd, requireIdArgument } from '../message-id.ts'
import { nonEmpty } from '../option.ts'
import { note, plural, write } from '../output.ts'
import { safeJson } from '../safe.ts'
import { writeWhole } from '../whole-file.ts'

/** `receipt export ID`. A `ReceiptFile`, with or without `--json`. */
export function receiptExportCommand(): CommandUnknownOpts {
  return new Command('export')
    .description('write the receipts of a message as JSON, which receipt verify checks without a node')
    .argument('<id>', 'a message id, or its first 6 digits or more')
    .option('--file <path>', 'into this file in place of standard output', nonEmpty)
    .addHelpText(
      'after',
      examples('grapevine receipt export "$(grapevine pub chat hello --receipt 1)" --file receipts.json'),
    )
    .action(async (text, { file }, command) => {
      const context = contextOf(command)
      const id = requireIdArgument(text)
      const client = await clientOf(context)
      const receipts = await client.call('receiptFile', { id: id.prefix })
      requireEnd(receipts.id, id)
      const json = `${safeJson(receipts, 2)}\n`
      if (file === undefined) return write(json)
      await writeWhole(file, json)
      note(`${plural(receipts.receipts.length, 'receipt')} in ${file}`)
    })
}
