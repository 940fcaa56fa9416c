import { Transaction } from 'bitcoinjs-lib'
import { displayOrder, doubleSha256 } from './hash.ts'
import { type Judgement, payloadBytesMax } from './judgement.ts'

/** The topic of transactions, one a message, as Bitcoin serialises them without witness. */
export const transactionTopic = 'btc/tx'

/** Why a payload of `btc/tx` was judged as it was. */
export type TransactionReason =
  | 'valid'
  | 'malformed'
  | 'too-large'
  | 'has-witness'
  | 'looks-like-inner-node'
  | 'no-input'
  | 'no-output'
  | 'value-out-of-range'
  | 'duplicate-input'
  | 'coinbase-script-size'
  | 'null-input'

/** All the money there can be, in satoshis (Bitcoin Core, consensus/amount.h, MAX_MONEY). */
export const satoshisMax: bigint = 21_000_000n * 100_000_000n

/**
 * The message id of a transaction: its txid, in display order. Total.
 *
 * Covers every byte that `judgeTransaction` looks at, because the topic carries no witness: a txid leaves the witness
 * out, so that with one, a copy whose witness was spoilt would take the place of the honest transaction.
 */
export const transactionId = (raw: Uint8Array): Uint8Array => displayOrder(doubleSha256(raw))

/**
 * Judges a payload of `btc/tx`: exact serialisation and the consensus rules that need no other transaction (Bitcoin Core,
 * consensus/tx_check.cpp). Total. Scripts, signatures and spent outputs are not checked: that takes the chain.
 *
 * A well-formed transaction with witness is `ignore`, not `reject`: it is valid Bitcoin, only not carried here.
 */
export function judgeTransaction(raw: Uint8Array): Judgement<TransactionReason> {
  if (raw.length > payloadBytesMax) return reject('too-large')
  const transaction = parseTransaction(raw)
  if (transaction === undefined) return reject('malformed')
  if (transaction.hasWitnesses()) return { verdict: 'ignore', reason: 'has-witness' }
  // 64 bytes are also two hashes, an inner node of a Merkle tree: it could be passed off as a leaf (CVE-2017-12842).
  if (raw.length === 64) return reject('looks-like-inner-node')
  const fault = faultOf(transaction)
  return fault === undefined ? { verdict: 'accept', reason: 'valid' } : reject(fault)
}

/** Whether an accepted transaction creates money: its only input spends nothing. Throws RangeError if `raw` is malformed. */
export function isCoinbase(raw: Uint8Array): boolean {
  const transaction = parseTransaction(raw)
  if (transaction === undefined) throw new RangeError('raw: expected a serialised transaction')
  return transaction.ins.length === 1 && isNull(transaction.ins[0]!)
}

function faultOf({ ins, outs }: Transaction): TransactionReason | undefined {
  if (ins.length === 0) return 'no-input'
  if (outs.length === 0) return 'no-output'
  let sum = 0n
  for (const { value } of outs) {
    sum += value
    if (value < 0n || value > satoshisMax || sum > satoshisMax) return 'value-out-of-range'
  }
  if (new Set(ins.map(outpointOf)).size !== ins.length) return 'duplicate-input'
  if (ins.length === 1 && isNull(ins[0]!)) {
    const { length } = ins[0]!.script
    return length < 2 || length > 100 ? 'coinbase-script-size' : undefined
  }
  return ins.some(isNull) ? 'null-input' : undefined
}

/** Undefined unless `raw` is exactly what serialising the parsed transaction gives: no bytes after it, shortest counts. */
function parseTransaction(raw: Uint8Array): Transaction | undefined {
  try {
    const transaction = Transaction.fromBuffer(raw)
    return Buffer.from(transaction.toBuffer()).equals(raw) ? transaction : undefined
  } catch {
    // bitcoinjs-lib answers bad input with errors of several classes and no codes.
    return undefined
  }
}

type Input = Transaction['ins'][number]

const outpointOf = ({ hash, index }: Input): string => `${Buffer.from(hash).toString('hex')}:${index}`

const isNull = ({ hash, index }: Input): boolean => index === 0xffff_ffff && hash.every((byte) => byte === 0)

const reject = (reason: TransactionReason): Judgement<TransactionReason> => ({ verdict: 'reject', reason })
