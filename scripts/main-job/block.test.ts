import { expect, test } from 'vitest'
import { loadRealBlock } from './block.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('the shipped file holds testnet block 86756 with its 22 transactions', () => {
  const block = loadRealBlock()
  expect(block.hash).toBe('000000000b99b16390660d79fcc138d2ad0c89a0d044c4201a02bdf1f61ffa11')
  expect(block.header).toHaveLength(80)
  expect(block.transactions).toHaveLength(22)
  expect(hex(block.transactions[0]!.txid)).toBe('a6f7b4284fb753eab9b554283c4fe1f1d7e143e6cf3b975d0376d7c08ba4cdf5')
  expect(hex(block.transactions[1]!.txid)).toBe('60c2679c0e791b19638c975528bf5bd55d81e192003c7d1f3fda53fe534b0a7f')
})

test('the coinbase states the height (BIP 34)', () => {
  const { height, transactions } = loadRealBlock()
  const script = Buffer.from(transactions[0]!.raw).subarray(42)
  expect(script[0]).toBe(3)
  expect(script.readUIntLE(1, 3)).toBe(height)
})
