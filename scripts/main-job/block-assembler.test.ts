import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockAssembler } from './block-assembler.ts'
import { loadRealBlock } from './block.ts'
import { displayOrder, doubleSha256, merkleRoot } from './hash.ts'
import { encodeHeader } from './header-rule.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const block = loadRealBlock()
const header = block.header
const raws = block.transactions.map(({ raw }) => raw)
const txids = block.transactions.map(({ txid }) => displayOrder(txid))
const payload = encodeHeader({ header, txids })

test('the real block is complete once its last part arrives, in whatever order the parts come', () => {
  const parts = [payload, ...raws]
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (order) => {
      const assembler = new BlockAssembler()
      for (const part of order) {
        expect(assembler.blocks).toHaveLength(0)
        expect(part === payload ? assembler.addHeader(part) : assembler.addTransaction(part)).toBe('added')
      }
      expect(assembler.pending).toEqual([])
      expect(assembler.blocks.map(({ hash }) => hash)).toEqual([block.hash])
      expect(assembler.blocks[0]!.transactions.map(hex)).toEqual(raws.map(hex))
    }),
  )
})

test('what is missing is counted, and a part that comes twice counts once', () => {
  const assembler = new BlockAssembler()
  assembler.addHeader(payload)
  expect(assembler.pending).toMatchObject([{ hash: block.hash, listed: 22, missing: 22 }])
  expect(assembler.addTransaction(raws[3]!)).toBe('added')
  expect(assembler.addTransaction(raws[3]!)).toBe('duplicate')
  expect(assembler.addHeader(payload)).toBe('duplicate')
  expect(assembler.pending).toMatchObject([{ listed: 22, missing: 21 }])
})

test('a changed transaction does not stand in for the real one', () => {
  const assembler = new BlockAssembler()
  assembler.addHeader(payload)
  for (const raw of raws.slice(1)) assembler.addTransaction(raw)
  const bent = raws[0]!.slice()
  bent[bent.length - 1]! ^= 1
  assembler.addTransaction(bent)
  expect(assembler.pending).toMatchObject([{ missing: 1 }])
  assembler.addTransaction(raws[0]!)
  expect(assembler.blocks).toHaveLength(1)
})

describe('an announcement that lists inner hashes of the same tree', () => {
  const inner = Array.from({ length: 11 }, (_, i) => doubleSha256(Buffer.concat([txids[2 * i]!, txids[2 * i + 1]!])))
  const forged = [inner, [merkleRoot(txids)]].map((list) => encodeHeader({ header, txids: list }))

  test('does not keep the honest one from completing, and goes with it', () => {
    const assembler = new BlockAssembler()
    for (const announcement of [...forged, payload]) expect(assembler.addHeader(announcement)).toBe('added')
    expect(assembler.pending.map(({ missing }) => missing)).toEqual([11, 1, 22])
    for (const raw of raws) assembler.addTransaction(raw)
    expect(assembler.blocks).toHaveLength(1)
    expect(assembler.pending).toEqual([])
    for (const announcement of forged) expect(assembler.addHeader(announcement)).toBe('duplicate')
  })
})

test('a block whose first transaction is no coinbase is not taken for complete', () => {
  const assembler = new BlockAssembler()
  const swapped = [1, 0].map((i) => raws[i]!)
  const ids = [1, 0].map((i) => txids[i]!)
  const other = Buffer.from(header)
  other.set(merkleRoot(ids), 36)
  assembler.addHeader(encodeHeader({ header: other, txids: ids }))
  for (const raw of swapped) assembler.addTransaction(raw)
  expect(assembler.blocks).toEqual([])
  expect(assembler.pending).toEqual([])
})

test('announcements and transactions are bounded', () => {
  const assembler = new BlockAssembler()
  const announcements = Array.from({ length: 17 }, (_, i) => {
    const other = Buffer.from(header)
    other.writeUInt32LE(i, 76)
    return assembler.addHeader(encodeHeader({ header: other, txids }))
  })
  expect(announcements.map((added) => added === 'added').lastIndexOf(true)).toBe(15)
  expect(announcements[16]).toBe('full')
  const bent = Buffer.from(raws[1]!)
  const added = Array.from({ length: 4097 }, (_, i) => {
    bent.writeUInt32LE(i + 1, bent.length - 4)
    return assembler.addTransaction(Uint8Array.from(bent))
  })
  expect(added.lastIndexOf('added')).toBe(4095)
  expect(added[4096]).toBe('full')
})

test('the bytes of transactions are bounded', () => {
  const assembler = new BlockAssembler()
  const added = Array.from({ length: 161 }, (_, i) => assembler.addTransaction(new Uint8Array(50_000).fill(i)))
  expect(added.indexOf('full')).toBe(160)
})
