import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Block } from 'bitcoinjs-lib'
import { transactionId } from './transaction-rule.ts'

/** A block as the main job publishes it. */
export interface RealBlock {
  /** The number of blocks before it. */
  readonly height: number
  /** The block's hash in display order, hex. */
  readonly hash: string
  /** The header, 80 bytes. */
  readonly header: Uint8Array
  /** In block order: the serialised bytes, and the transaction id in display order (32 bytes). */
  readonly transactions: readonly { readonly raw: Uint8Array; readonly txid: Uint8Array }[]
}

/** The four bytes with which Bitcoin's testnet starts every record of a block file. */
const testnetMagic = 0x0709_110b

/**
 * Loads block 86756 of Bitcoin's testnet, mined on 16 June 2013, with 22 transactions: 8,003 bytes that the npm package
 * bitcore-lib ships as a test file, of which none of its code runs. Throws Error if the file is not what it was.
 *
 * The file is in the form of Bitcoin Core's blk*.dat: records of magic (4) ‖ length (4, little-endian) ‖ block. It was
 * cut off within the second record; the block is the first.
 */
export function loadRealBlock(): RealBlock {
  const packageFile = createRequire(import.meta.url).resolve('bitcore-lib/package.json')
  const file = readFileSync(join(dirname(packageFile), 'test', 'data', 'blk86756-testnet.dat'))
  if (file.readUInt32LE(0) !== testnetMagic) throw new Error('blk86756-testnet.dat: expected a testnet block file')
  const bytes = file.subarray(8, 8 + file.readUInt32LE(4))
  const block = Block.fromBuffer(bytes)
  if (!Buffer.from(block.toBuffer()).equals(bytes)) throw new Error('blk86756-testnet.dat: expected one whole block')
  const transactions = (block.transactions ?? []).map((transaction) => {
    const raw = transaction.toBuffer()
    return { raw, txid: transactionId(raw) }
  })
  return { height: 86_756, hash: block.getId(), header: block.toBuffer(true), transactions }
}
