import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bodySizeMax,
  decodeEnvelope,
  encodeBody,
  encodeEnvelope,
  type EnvelopeBody,
  envelopeMessagesMax,
  envelopeParentsMax,
  envelopeSize,
  envelopeSizeMax,
  headerSize,
  messageFieldSize,
  messageSizeMax,
  signedBytes,
} from '../src/envelope.ts'
import { bodyArbitrary, bytesOf } from './arbitrary.ts'

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

function decoded(bytes: Uint8Array): EnvelopeBody {
  const result = decodeEnvelope(bytes)
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`)
  return result.envelope.body
}

describe('round trip', () => {
  test('an encoded envelope decodes to the same values, and envelopeSize foretells its size', () => {
    fc.assert(
      fc.property(bodyArbitrary, bytesOf(64), (body, signed) => {
        const bodyBytes = encodeBody(body)
        const bytes = encodeEnvelope(bodyBytes, signed)
        const lengths = body.messages.map((message) => message.length)
        expect(envelopeSize(body, lengths)).toBe(bytes.length)
        expect(lengths.reduce((sum, length) => sum + messageFieldSize(length), headerSize(body))).toBe(bodyBytes.length)
        expect(decodeEnvelope(bytes)).toEqual({ ok: true, envelope: { body, bodyBytes, signature: signed } })
      }),
    )
  })

  test('what is decoded is a view into the input, wherever the input lies in its buffer', () => {
    const larger = new Uint8Array(plainBytes.length + 20)
    larger.set(plainBytes, 7)
    const body = decoded(larger.subarray(7, 7 + plainBytes.length))
    expect(body).toEqual(plain)
    expect(body.messages[0]!.buffer).toBe(larger.buffer)
    expect(decoded(Buffer.from(plainBytes)).author.constructor).toBe(Uint8Array)
  })

  test('1,024 messages and 64 parents are accepted', () => {
    const body = {
      ...plain,
      parents: Array.from({ length: envelopeParentsMax }, () => new Uint8Array(32)),
      messages: Array.from({ length: envelopeMessagesMax }, () => new Uint8Array(0)),
    }
    expect(decoded(encodeEnvelope(encodeBody(body), signature))).toEqual(body)
  })

  test('the numbers reach 2^53 - 1', () => {
    const largest = Number.MAX_SAFE_INTEGER
    const body = { ...plain, epoch: largest, sequence: largest, time: largest }
    expect(decoded(encodeEnvelope(encodeBody(body), signature))).toEqual(body)
  })
})

describe('sizes', () => {
  const largest = Number.MAX_SAFE_INTEGER
  const longest = { ...plain, epoch: largest, sequence: largest, time: largest, schema: new Uint8Array(32) }

  test('a message of messageSizeMax fits under the longest header without parents, exactly', () => {
    const bytes = encodeEnvelope(encodeBody({ ...longest, messages: [new Uint8Array(messageSizeMax)] }), signature)
    expect(bytes.length).toBe(envelopeSizeMax)
    expect(decodeEnvelope(bytes).ok).toBe(true)
    expect(messageSizeMax).toBe(59_829)
  })

  test('one byte more is refused by the encoder with its code', () => {
    const body = { ...longest, messages: [new Uint8Array(messageSizeMax + 1)] }
    expect(() => encodeBody(body)).toThrow(expect.objectContaining({ code: 'envelope-oversize' }))
    const oversize = new Uint8Array(bodySizeMax + 1)
    expect(() => encodeEnvelope(oversize, signature)).toThrow(expect.objectContaining({ code: 'envelope-oversize' }))
  })

  test('an envelope over the limit is oversize, but one of another version is only unknown', () => {
    const bytes = new Uint8Array(envelopeSizeMax + 1)
    bytes.set([0x08, 1])
    expect(decodeEnvelope(bytes)).toMatchObject({ ok: false, reason: 'oversize' })
    bytes.set([0x08, 2])
    expect(decodeEnvelope(bytes)).toMatchObject({ ok: false, reason: 'unknown-version' })
  })
})

describe('the caller is wrong', () => {
  test.each<[string, Partial<EnvelopeBody>]>([
    ['author', { author: new Uint8Array(31) }],
    ['epoch', { epoch: 0 }],
    ['epoch', { epoch: 1.5 }],
    ['sequence', { sequence: -1 }],
    ['sequence', { sequence: Number.MAX_SAFE_INTEGER, messages: [new Uint8Array(0), new Uint8Array(0)] }],
    ['time', { time: Number.NaN }],
    ['time', { time: 2 ** 53 }],
    ['schema', { schema: new Uint8Array(0) }],
    ['schema', { schema: new Uint8Array(33) }],
    ['parents', { parents: [new Uint8Array(31)] }],
    ['parents', { parents: Array.from({ length: 65 }, () => new Uint8Array(32)) }],
    ['messages', { messages: [] }],
    ['messages', { messages: Array.from({ length: 1025 }, () => new Uint8Array(0)) }],
  ])('encodeBody names a bad %s', (name, change) => {
    expect(() => encodeBody({ ...plain, ...change })).toThrow(
      expect.objectContaining({ code: 'argument', details: expect.objectContaining({ name }) }),
    )
  })

  test('encodeEnvelope and signedBytes name what has another length', () => {
    const body = encodeBody(plain)
    expect(() => encodeEnvelope(body, new Uint8Array(63))).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => encodeEnvelope(new Uint8Array(0), signature)).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => signedBytes(new Uint8Array(31), 't', body)).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => signedBytes(new Uint8Array(32), '\ud800', body)).toThrow(
      expect.objectContaining({ code: 'not-unicode' }),
    )
  })
})

test('signed bytes are each part after its length, so that no part can lend bytes to its neighbour', () => {
  const bytes = Buffer.from(signedBytes(new Uint8Array(32).fill(0xaa), 'tö', Uint8Array.of(1, 2, 3)))
  expect(bytes.toString('hex')).toBe(
    `14${Buffer.from('grapevine-envelope/1').toString('hex')}20${'aa'.repeat(32)}0374c3b603010203`,
  )
})
