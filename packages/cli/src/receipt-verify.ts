import { createReadStream } from 'node:fs'
import { checkReceiptFile, readReceiptFile, shortPeer } from '@grapevine/protocol'
import { verify } from '@grapevine/node/signature'
import type { ReceiptVerifyView } from '@grapevine/protocol/control'
import type { Context } from './context.ts'
import { CommandError } from './failure.ts'
import { unreadable } from './file-error.ts'
import { readWhole } from './line.ts'
import { shortId } from './message-id.ts'
import { plural, print, printJson, styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'
import { formatMicros } from './micros.ts'

/** 1,000 receipts of 18 KB in base64, and some. */
const fileBytesMax = 32 << 20

/** Checks the receipts in a file or standard input, tells of each, and sets exit code 1 if one does not hold. */
export async function verifyReceipts(path: string, context: Context): Promise<void> {
  const file = readReceiptFile(await readJson(path))
  if (typeof file === 'string') throw new CommandError('rejected', `${nameOf(path)} holds no receipts: ${file}`)
  const receipts = checkReceiptFile(file, verify)
  const valid = receipts.filter((receipt) => receipt.valid).length
  if (valid < receipts.length) process.exitCode = 1
  const { id, topic, network } = file
  if (context.json) return printJson({ id, topic, network, valid, receipts } satisfies ReceiptVerifyView)
  const rows = receipts.map((receipt) =>
    receipt.valid
      ? [
          safe(shortPeer(receipt.peer)),
          styled('green', 'valid'),
          `stored at ${formatMicros(receipt.storedAt)}${until(receipt.keepUntil)}`,
        ]
      : [safe(shortPeer(receipt.peer)), styled('red', 'refused'), receipt.reason],
  )
  const sum = `${valid} of ${plural(receipts.length, 'receipt')} ${receipts.length === 1 ? 'holds' : 'hold'}`
  await print([`message ${shortId(id)} in ${topic}, network ${shortId(network)}`, ...table(rows), sum].join('\n'))
}

const until = (keepUntil: number | undefined): string =>
  keepUntil === undefined ? '' : `, kept until ${formatMicros(keepUntil)}`

const nameOf = (path: string): string => (path === '-' ? 'standard input' : path)

async function readJson(path: string): Promise<unknown> {
  let bytes: Buffer | undefined
  try {
    bytes = await readWhole(path === '-' ? process.stdin : createReadStream(path), fileBytesMax)
  } catch (error) {
    throw unreadable(nameOf(path), error)
  }
  if (bytes === undefined) throw new CommandError('oversize', `${nameOf(path)} is larger than receipts can be`)
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    throw new CommandError('rejected', `${nameOf(path)} is not JSON`)
  }
}
