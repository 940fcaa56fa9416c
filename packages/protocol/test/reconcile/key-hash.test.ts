import { expect, test } from 'vitest'
import { hashed, hashKeyFrom, keyHash } from '../../src/reconcile/key-hash.ts'
import { nextIndex, startMapping } from '../../src/reconcile/sketch.ts'

test('the hash of a key is SipHash-2-4 of its 24 bytes', () => {
  // The 24th of the reference implementation's vectors: key 00 to 0f, input 00 to 17.
  const key = hashKeyFrom(Uint8Array.from({ length: 16 }, (_, index) => index))
  keyHash(key, 0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f, 0x10111213, 0x14151617)
  expect([...hashed]).toEqual([0xb8ad50c6, 0xf649af94])
})

test('a key belongs to symbol i with a probability near 1 / (1 + i/2)', () => {
  const counts = new Uint32Array(1000)
  const keys = 20_000
  for (let serial = 0; serial < keys; serial++) {
    startMapping(Math.imul(serial, 0x9e3779b1), Math.imul(serial ^ 0x5bd1e995, 0x85ebca6b))
    for (let index = 0; index < counts.length; index = nextIndex(index)) counts[index] = counts[index]! + 1
  }
  for (const [index, count] of counts.entries()) {
    const expected = keys / (1 + index / 2)
    expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected) + 0.03 * expected)
  }
})
