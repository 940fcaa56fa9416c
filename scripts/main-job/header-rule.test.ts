import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadRealBlock } from './block.ts'
import { displayOrder, doubleSha256, merkleRoot } from './hash.ts'
import { blockHash, decodeHeader, encodeHeader, headerId, judgeHeader } from './header-rule.ts'
import { payloadBytesMax } from './judgement.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const block = loadRealBlock()
const header = block.header
const txids = block.transactions.map(({ txid }) => displayOrder(txid))
const payload = encodeHeader({ header, txids })

/** The easiest target of a private test chain: about every second header has the work for it. */
const regtestPowLimit = (1n << 255n) - 1n

/** Mines a header over `ids` at the easiest target. */
function mine(ids: readonly Uint8Array[]): Uint8Array {
  const mined = Buffer.from(header)
  mined.set(merkleRoot(ids), 36)
  mined.writeUInt32LE(0x207f_ffff, 72)
  for (let nonce = 0; ; nonce += 1) {
    mined.writeUInt32LE(nonce, 76)
    if (blockHash(mined)[0]! < 0x7f) return mined
  }
}

const idsArbitrary = fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
  minLength: 1,
  maxLength: 20,
  selector: hex,
})

test('the real block is accepted', () => {
  expect(judgeHeader(payload)).toEqual({ verdict: 'accept', reason: 'valid' })
  expect(hex(blockHash(header))).toBe(block.hash)
  expect(payload).toHaveLength(80 + 4 + 22 * 32)
})

test('an encoded announcement decodes to itself, and one with any number of ids is accepted', () => {
  fc.assert(
    fc.property(idsArbitrary, (ids) => {
      const announcement = { header: mine(ids), txids: ids }
      const encoded = encodeHeader(announcement)
      expect(hex(encodeHeader(decodeHeader(encoded)!))).toBe(hex(encoded))
      expect(decodeHeader(encoded)!.txids.map(hex)).toEqual(ids.map(hex))
      expect(judgeHeader(encoded, regtestPowLimit).verdict).toBe('accept')
    }),
  )
})

test('a header with any one byte changed to any other value is rejected for its target or its work', () => {
  for (let at = 0; at < 80; at += 1) {
    for (let mask = 1; mask < 256; mask += 1) {
      const changed = payload.slice()
      changed[at]! ^= mask
      const { verdict, reason } = judgeHeader(changed)
      if (verdict !== 'reject' || (reason !== 'bad-target' && reason !== 'insufficient-work')) {
        expect.fail(`byte ${at} xor ${mask}: ${verdict} ${reason}`)
      }
    }
  }
})

test('a list with any one byte changed is rejected, and so is one in another order', () => {
  for (let at = 84; at < payload.length; at += 1) {
    const changed = payload.slice()
    changed[at]! ^= 1
    expect(judgeHeader(changed).reason).toBe('merkle-mismatch')
  }
  expect(judgeHeader(encodeHeader({ header, txids: txids.toReversed() })).reason).toBe('merkle-mismatch')
})

test('a payload cut short, run on or with another count is malformed', () => {
  for (let length = 0; length < payload.length; length += 1) {
    expect(judgeHeader(payload.subarray(0, length)).reason).toBe('malformed')
  }
  expect(judgeHeader(Buffer.concat([payload, Buffer.alloc(32)])).reason).toBe('malformed')
  for (const count of [0, 21, 23, 0xffff_ffff]) {
    const changed = Buffer.from(payload)
    changed.writeUInt32LE(count, 80)
    expect(judgeHeader(changed).reason).toBe('malformed')
  }
  expect(judgeHeader(new Uint8Array(payloadBytesMax + 1)).reason).toBe('malformed')
})

test.each([
  ['easier than testnet allows', 0x1d01_0000],
  ['zero', 0x1d00_0000],
  ['zero after shifting', 0x0000_ffff],
  ['negative', 0x1c80_ffff],
  ['over 256 bits', 0x2301_0000],
  ['over 256 bits by its size alone', 0xff00_0001],
])('a target that is %s is rejected', (_, bits) => {
  const changed = Buffer.from(payload)
  changed.writeUInt32LE(bits, 72)
  expect(judgeHeader(changed).reason).toBe('bad-target')
})

test('a work limit below the real target is enforced', () => {
  expect(judgeHeader(payload, 1n << 200n).reason).toBe('bad-target')
})

describe('lists that share a Merkle root', () => {
  test('a repeated tail keeps the root and is rejected (CVE-2012-2459)', () => {
    const repeated = [...txids, ...txids.slice(-2)]
    expect(hex(merkleRoot(repeated))).toBe(hex(merkleRoot(txids)))
    expect(judgeHeader(encodeHeader({ header, txids: repeated })).reason).toBe('duplicate-txid')
  })

  test('every way of repeating a tail of a list of any length is rejected', () => {
    fc.assert(
      fc.property(idsArbitrary, fc.nat(), (ids, seed) => {
        const tail = ids.slice(-(1 + (seed % ids.length)))
        const encoded = encodeHeader({ header: mine(ids), txids: [...ids, ...tail] })
        expect(judgeHeader(encoded, regtestPowLimit).reason).toBe('duplicate-txid')
      }),
    )
  })

  test('a list of inner hashes cannot be told from ids, so it has an id of its own', () => {
    const inner = Array.from({ length: 11 }, (_, i) => doubleSha256(Buffer.concat([txids[2 * i]!, txids[2 * i + 1]!])))
    for (const list of [inner, [merkleRoot(txids)]]) {
      const forged = encodeHeader({ header, txids: list })
      expect(judgeHeader(forged).verdict).toBe('accept')
      expect(hex(headerId(forged))).not.toBe(hex(headerId(payload)))
    }
  })
})

test('no bytes make the rule throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(judgeHeader(bytes, regtestPowLimit).verdict).toBe('reject')
      expect(headerId(bytes)).toHaveLength(32)
    }),
  )
})

test('encoding refuses a header or an id of the wrong length and an empty list', () => {
  expect(() => encodeHeader({ header: header.subarray(1), txids })).toThrow(RangeError)
  expect(() => encodeHeader({ header, txids: [new Uint8Array(31)] })).toThrow(RangeError)
  expect(() => encodeHeader({ header, txids: [] })).toThrow(RangeError)
})
