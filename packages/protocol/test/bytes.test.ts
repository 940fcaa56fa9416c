import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes, concatBytes, copyBytes, equalBytes, fromHex, keyOf, toHex } from '../src/bytes.ts'
import { decodeUtf8, encodeUtf8 } from '../src/text.ts'

const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))

test('hex comes back in either case, and is the same as elsewhere', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(toHex(value)).toBe(Buffer.from(value).toString('hex'))
      expect(fromHex(toHex(value))).toEqual(value)
      expect(fromHex(toHex(value).toUpperCase())).toEqual(value)
    }),
  )
})

test('text that is no hex gives undefined', () => {
  for (const text of ['0', 'g0', '0g', ' 00', '0x', '0\u0130', '٠٠', '\ud800a']) expect(fromHex(text)).toBeUndefined()
})

test('keys and equality agree with content, and order with Buffer.compare', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      expect(keyOf(a) === keyOf(b)).toBe(equalBytes(a, b))
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b))
      expect(equalBytes(a, a.slice())).toBe(true)
      expect(keyOf(a)).toBe(Buffer.from(a).toString('latin1'))
    }),
  )
  const long = new Uint8Array(10_000).map((_, i) => i)
  expect(keyOf(long)).toBe(Buffer.from(long).toString('latin1'))
})

test('concatenation is a fresh array', () => {
  const part = Uint8Array.of(1, 2)
  const whole = concatBytes(part, new Uint8Array(0), part)
  expect(whole).toEqual(Uint8Array.of(1, 2, 1, 2))
  expect(concatBytes(part).buffer).not.toBe(part.buffer)
})

test('text is strict UTF-8 in both directions', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(encodeUtf8(text)).toEqual(new Uint8Array(Buffer.from(text)))
      expect(decodeUtf8(encodeUtf8(text))).toBe(text)
    }),
  )
  expect(decodeUtf8(encodeUtf8('\ufeffa'))).toBe('\ufeffa')
})

test('lone surrogates and bytes that are no UTF-8 are refused', () => {
  for (const text of ['\ud800', 'a\udc00', '\udc00\ud800']) {
    expect(() => encodeUtf8(text)).toThrow(expect.objectContaining({ code: 'not-unicode' }))
  }
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
    expect(decodeUtf8(Uint8Array.from(bad))).toBeUndefined()
  }
})

test('a copy holds the same bytes, and neither the original nor other copies change it', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 40 })
  fc.assert(
    fc.property(sizes, (lengths) => {
      const originals = lengths.map((length, index) => new Uint8Array(length).fill(index + 1))
      const copies = originals.map(copyBytes)
      for (const original of originals) original.fill(0)
      expect(copies).toEqual(lengths.map((length, index) => new Uint8Array(length).fill(index + 1)))
    }),
  )
})
