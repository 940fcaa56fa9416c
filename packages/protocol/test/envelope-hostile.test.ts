import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes } from '../src/bytes.ts'
import { decodeEnvelope, encodeBody, encodeEnvelope, type EnvelopeBody } from '../src/envelope.ts'
import { bodyArbitrary } from './arbitrary.ts'

const signature = new Uint8Array(64).fill(9)
const plain: EnvelopeBody = {
  author: new Uint8Array(32).fill(1),
  epoch: 1,
  sequence: 1,
  time: 1,
  parents: [],
  messages: [Uint8Array.of(104, 105)],
}
const plainBytes = encodeEnvelope(encodeBody(plain), signature)

/** The envelope of a hand-made body. */
function around(...bodyParts: Uint8Array[]): Uint8Array {
  return encodeEnvelope(concatBytes(...bodyParts), signature)
}

function field(tag: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag, bytes.length), bytes)
}

const author = field(0x0a, plain.author)
const numbers = Uint8Array.of(0x10, 1, 0x18, 1, 0x20, 1)
const message = field(0x3a, Uint8Array.of(104, 105))

/** Accepted only if it encodes to the same bytes again. */
function isCanonicalOrRefused(bytes: Uint8Array): boolean {
  const result = decodeEnvelope(bytes)
  if (!result.ok) return true
  const { body, bodyBytes } = result.envelope
  const again = encodeEnvelope(encodeBody(body), result.envelope.signature)
  return equalBytes(again, bytes) && equalBytes(encodeBody(body), bodyBytes)
}

describe('hostile bytes', () => {
  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(isCanonicalOrRefused(bytes)).toBe(true)
        expect(isCanonicalOrRefused(concatBytes(Uint8Array.of(8, 1), bytes))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('random bytes as the body never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        expect(isCanonicalOrRefused(around(bytes))).toBe(true)
        expect(isCanonicalOrRefused(around(author, numbers, bytes))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('every change of a byte is refused or encodes to the same bytes again', () => {
    for (let offset = 0; offset < plainBytes.length; offset++) {
      for (let value = 0; value < 256; value++) {
        const bytes = plainBytes.slice()
        bytes[offset] = value
        if (!isCanonicalOrRefused(bytes)) expect.fail(`offset ${offset}, value ${value}`)
      }
    }
  })

  test('changes, cuts, insertions and repetitions of larger envelopes are refused or canonical', () => {
    fc.assert(
      fc.property(bodyArbitrary, fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 8 }), (body, a, b, insert) => {
        const bytes = encodeEnvelope(encodeBody(body), signature)
        const from = a % bytes.length
        const to = from + (b % 40)
        expect(isCanonicalOrRefused(concatBytes(bytes.subarray(0, from), insert, bytes.subarray(to)))).toBe(true)
        expect(isCanonicalOrRefused(concatBytes(bytes.subarray(0, to), bytes.subarray(from)))).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('a cut at any offset is refused', () => {
    const body = { ...plain, schema: Uint8Array.of(1), parents: [new Uint8Array(32)] }
    const bytes = encodeEnvelope(encodeBody(body), signature)
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeEnvelope(bytes.subarray(0, length))).toMatchObject({ ok: false, reason: 'bad-encoding' })
    }
  })

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'version: missing'],
    ['version 0', concatBytes(Uint8Array.of(8, 0), plainBytes.subarray(2)), 'version: default-value'],
    [
      'a version in two bytes',
      concatBytes(Uint8Array.of(8, 0x81, 0), plainBytes.subarray(2)),
      'version: varint-not-minimal',
    ],
    ['a version over 32 bits', Uint8Array.of(8, 0x80, 0x80, 0x80, 0x80, 0x10), 'version: varint-too-large'],
    ['a version without end', Uint8Array.of(8, 0x80, 0x80), 'version: truncated'],
    ['a tag in two bytes', concatBytes(Uint8Array.of(0x88, 0), plainBytes.subarray(1)), 'version: missing'],
    ['fields in another order', concatBytes(plainBytes.subarray(2), plainBytes.subarray(0, 2)), 'version: missing'],
    ['a byte after the end', concatBytes(plainBytes, Uint8Array.of(0)), 'trailing bytes: unexpected-field'],
    ['two envelopes', concatBytes(plainBytes, plainBytes), 'trailing bytes: unexpected-field'],
    ['an unknown field', concatBytes(plainBytes, Uint8Array.of(0x20, 1)), 'trailing bytes: unexpected-field'],
    ['no body', concatBytes(Uint8Array.of(8, 1), field(0x1a, signature)), 'body: missing'],
    ['an empty body', concatBytes(Uint8Array.of(8, 1, 0x12, 0), field(0x1a, signature)), 'body: field-too-short'],
    ['no signature', plainBytes.subarray(0, -66), 'signature: missing'],
    [
      'a signature of 63 bytes',
      concatBytes(plainBytes.subarray(0, -66), field(0x1a, signature.subarray(1))),
      'signature: field-too-short',
    ],
    [
      'a signature of 65 bytes',
      concatBytes(plainBytes.subarray(0, -66), field(0x1a, new Uint8Array(65))),
      'signature: field-too-long',
    ],
    [
      'a body that claims 2^53 - 1 bytes',
      Uint8Array.of(8, 1, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
      'body: field-too-long',
    ],
    ['a body that claims 50,000 bytes', Uint8Array.of(8, 1, 0x12, 0xd0, 0x86, 3), 'body: truncated'],
    [
      'a length of 10 bytes',
      Uint8Array.of(8, 1, 0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
      'body: varint-too-large',
    ],
    ['an author of 31 bytes', around(field(0x0a, new Uint8Array(31)), numbers, message), 'author: field-too-short'],
    ['no author', around(numbers, message), 'author: missing'],
    ['two authors', around(author, author, numbers, message), 'trailing bytes: unexpected-field'],
    ['an author as varint', around(Uint8Array.of(8, 1), numbers, message), 'trailing bytes: unexpected-field'],
    ['no epoch', around(author, numbers.subarray(2), message), 'epoch: missing'],
    ['epoch 0', around(author, Uint8Array.of(0x10, 0), numbers.subarray(2), message), 'epoch: default-value'],
    [
      'a fixed64 epoch',
      around(author, Uint8Array.of(0x11, 1, 0, 0, 0, 0, 0, 0, 0), message),
      'trailing bytes: unexpected-field',
    ],
    [
      'an epoch of 2^53',
      around(author, Uint8Array.of(0x10, 128, 128, 128, 128, 128, 128, 128, 16), message),
      'epoch: varint-too-large',
    ],
    ['no sequence', around(author, Uint8Array.of(0x10, 1, 0x20, 1), message), 'sequence: missing'],
    ['no time', around(author, numbers.subarray(0, 4), message), 'time: missing'],
    ['an empty schema', around(author, numbers, Uint8Array.of(0x2a, 0), message), 'schema: field-too-short'],
    [
      'a schema of 33 bytes',
      around(author, numbers, field(0x2a, new Uint8Array(33)), message),
      'schema: field-too-long',
    ],
    [
      'a parent of 31 bytes',
      around(author, numbers, field(0x32, new Uint8Array(31)), message),
      'parents: field-too-short',
    ],
    [
      '65 parents',
      around(author, numbers, ...Array.from({ length: 65 }, () => field(0x32, new Uint8Array(32))), message),
      'parents: too-many',
    ],
    [
      'a parent after a message',
      around(author, numbers, message, field(0x32, new Uint8Array(32))),
      'trailing bytes: unexpected-field',
    ],
    ['no message', around(author, numbers), 'messages: missing'],
    [
      '1,025 messages',
      around(
        author,
        numbers,
        new Uint8Array(2050).map((_, i) => (i % 2 === 0 ? 0x3a : 0)),
      ),
      'messages: too-many',
    ],
    ['a message longer than the body', around(author, numbers, Uint8Array.of(0x3a, 3, 1, 1)), 'messages: truncated'],
    [
      'a message length in two bytes',
      around(author, numbers, Uint8Array.of(0x3a, 0x81, 0, 1)),
      'messages: varint-not-minimal',
    ],
    ['a group', around(author, numbers, message, Uint8Array.of(0x3b, 0x3c)), 'trailing bytes: unexpected-field'],
    ['field number 0', around(author, numbers, message, Uint8Array.of(0x02, 0)), 'trailing bytes: unexpected-field'],
  ])('%s is refused', (_, bytes, detail) => {
    expect(decodeEnvelope(bytes)).toEqual({ ok: false, reason: 'bad-encoding', detail })
  })

  test('a last sequence over 2^53 - 1 is refused', () => {
    const body = encodeBody({ ...plain, sequence: Number.MAX_SAFE_INTEGER })
    const bytes = encodeEnvelope(concatBytes(body, message), signature)
    expect(decodeEnvelope(bytes)).toMatchObject({ ok: false, detail: 'sequence: varint-too-large' })
  })

  test('the version alone tells an unknown version, whatever follows', () => {
    for (const bytes of [
      Uint8Array.of(8, 2),
      Uint8Array.of(8, 2, 255, 255),
      Uint8Array.of(8, 255, 255, 255, 255, 15),
    ]) {
      expect(decodeEnvelope(bytes)).toMatchObject({ ok: false, reason: 'unknown-version' })
    }
  })

  test('1,000,000 empty messages and huge claimed lengths are refused at once and without memory', () => {
    const flood = new Uint8Array(2_000_000)
    for (let i = 0; i < flood.length; i += 2) flood[i] = 0x3a
    const manyInsideLimit = around(author, numbers, flood.subarray(0, 59_000))
    const claim = Uint8Array.of(8, 1, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)
    const before = process.memoryUsage()
    expect(decodeEnvelope(concatBytes(Uint8Array.of(8, 1), flood))).toMatchObject({ reason: 'oversize' })
    expect(decodeEnvelope(manyInsideLimit)).toMatchObject({ detail: 'messages: too-many' })
    for (let i = 0; i < 1_000; i++) decodeEnvelope(claim)
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8 * 2 ** 20)
    expect(after.heapUsed - before.heapUsed).toBeLessThan(32 * 2 ** 20)
  })
})
