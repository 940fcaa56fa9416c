import { Transaction } from 'bitcoinjs-lib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadRealBlock } from './block.ts'
import { payloadBytesMax } from './judgement.ts'
import { isCoinbase, judgeTransaction, satoshisMax, transactionId } from './transaction-rule.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const { transactions } = loadRealBlock()
const coinbase = transactions[0]!.raw
const payment = transactions[1]!.raw

/** The payment, changed, serialised again. */
function changed(change: (transaction: Transaction) => void, raw: Uint8Array = payment): Uint8Array {
  const transaction = Transaction.fromBuffer(raw)
  change(transaction)
  return transaction.toBuffer()
}

const reasonOf = (raw: Uint8Array): string => judgeTransaction(raw).reason

test('all transactions of the real block are accepted under the ids that explorers print', () => {
  for (const { raw } of transactions) {
    expect(judgeTransaction(raw)).toEqual({ verdict: 'accept', reason: 'valid' })
    expect(hex(transactionId(raw))).toBe(Transaction.fromBuffer(raw).getId())
  }
  expect(transactions.map(({ raw }) => isCoinbase(raw)).indexOf(true)).toBe(0)
  expect(transactions.filter(({ raw }) => isCoinbase(raw))).toHaveLength(1)
})

test('a transaction with any one bit changed is rejected or has another id', () => {
  const known = new Set(transactions.map(({ txid }) => hex(txid)))
  for (const raw of [coinbase, payment]) {
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const bent = raw.slice()
      bent[bit >> 3]! ^= 1 << (bit & 7)
      if (judgeTransaction(bent).verdict === 'accept') expect(known.has(hex(transactionId(bent)))).toBe(false)
    }
  }
})

test('a transaction cut short or run on is malformed', () => {
  for (let length = 0; length < payment.length; length += 1)
    expect(reasonOf(payment.subarray(0, length))).toBe('malformed')
  expect(reasonOf(Buffer.concat([payment, Buffer.of(0)]))).toBe('malformed')
})

test('a count in more bytes than it needs is malformed, although it parses', () => {
  const stretched = Buffer.concat([payment.subarray(0, 4), Buffer.of(0xfd, 1, 0), payment.subarray(5)])
  expect(Transaction.fromBuffer(stretched).getId()).toBe(Transaction.fromBuffer(payment).getId())
  expect(reasonOf(stretched)).toBe('malformed')
})

test('a count of four thousand million inputs costs nothing', () => {
  const huge = Buffer.concat([payment.subarray(0, 4), Buffer.of(0xfe, 255, 255, 255, 255), payment.subarray(5)])
  expect(reasonOf(huge)).toBe('malformed')
})

test('a transaction with witness is ignored: its txid would not cover the witness', () => {
  const withWitness = changed((tx) => tx.setWitness(0, [Buffer.of(1)]))
  expect(judgeTransaction(withWitness)).toEqual({ verdict: 'ignore', reason: 'has-witness' })
})

test('no input and no output are rejected', () => {
  // Two outputs: with one, its count would read as the flag that announces a witness.
  const output = '000000000000000000'
  expect(reasonOf(Buffer.from(`010000000002${output}${output}00000000`, 'hex'))).toBe('no-input')
  expect(reasonOf(changed((tx) => void (tx.outs = [])))).toBe('no-output')
})

test.each([
  ['the whole supply', [satoshisMax], 'valid'],
  ['one satoshi more', [satoshisMax + 1n], 'value-out-of-range'],
  ['a sum over the supply', [satoshisMax, 1n], 'value-out-of-range'],
  ['less than nothing', [-1n], 'value-out-of-range'],
  ['the least that 64 bits hold', [-(1n << 63n)], 'value-out-of-range'],
])('outputs of %s: %s are judged %s', (_, values, reason) => {
  const script = Uint8Array.of(0x51)
  expect(reasonOf(changed((tx) => void (tx.outs = values.map((value) => ({ value, script })))))).toBe(reason)
})

test('an input spent twice in one transaction is rejected', () => {
  expect(reasonOf(changed((tx) => tx.ins.push(tx.ins[0]!)))).toBe('duplicate-input')
})

test.each([
  [1, 'coinbase-script-size'],
  [2, 'valid'],
  [100, 'valid'],
  [101, 'coinbase-script-size'],
])('a coinbase script of %i bytes is judged %s', (length, reason) => {
  expect(reasonOf(changed((tx) => tx.setInputScript(0, new Uint8Array(length)), coinbase))).toBe(reason)
})

test('an input that spends nothing is rejected beside another', () => {
  const mixed = changed((tx) => tx.ins.push(Transaction.fromBuffer(coinbase).ins[0]!))
  expect(reasonOf(mixed)).toBe('null-input')
})

test('64 bytes are rejected: they could be an inner node of a Merkle tree (CVE-2017-12842)', () => {
  const short = changed((tx) => {
    tx.ins = [{ ...tx.ins[0]!, script: new Uint8Array(4) }]
    tx.outs = [{ value: 0n, script: new Uint8Array() }]
  })
  expect(short).toHaveLength(64)
  expect(reasonOf(short)).toBe('looks-like-inner-node')
})

test('a transaction over the limit is rejected unread', () => {
  const large = changed((tx) => tx.setInputScript(0, new Uint8Array(payloadBytesMax)))
  expect(reasonOf(large)).toBe('too-large')
})

test('no bytes make the rule throw', () => {
  const start = fc.constantFrom(
    new Uint8Array(),
    payment.subarray(0, 5),
    payment.subarray(0, 60),
    coinbase.subarray(0, 45),
  )
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
      const bytes = Buffer.concat([head, tail])
      expect(['accept', 'reject', 'ignore']).toContain(judgeTransaction(bytes).verdict)
      expect(transactionId(bytes)).toHaveLength(32)
    }),
    { numRuns: 2000 },
  )
})
