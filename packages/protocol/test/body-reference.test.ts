import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyReferenceSizeMax, decodeBodyReference, encodeBodyReference } from '../src/body-reference.ts'
import { decodeEnvelope, encodeBody, encodeEnvelope } from '../src/envelope.ts'
import { bodySizeMax } from '../src/fetch/chunk-tree.ts'
import { bytesOf } from './arbitrary.ts'

const reference = fc.record(
  {
    id: fc.uint8Array({ minLength: 1, maxLength: 32 }),
    size: fc.integer({ min: 1, max: bodySizeMax }),
    root: bytesOf(32),
  },
  { requiredKeys: ['size', 'root'], noNullPrototype: true },
)
const root = new Uint8Array(32).fill(7)
const header = { author: new Uint8Array(32), epoch: 1, sequence: 1, time: 1, parents: [] }
const signature = new Uint8Array(64).fill(9)

describe('a reference', () => {
  test('decodes to what was encoded, alone and in an envelope', () => {
    fc.assert(
      fc.property(reference, (value) => {
        const bytes = encodeBodyReference(value)
        expect(bytes.length).toBeLessThanOrEqual(bodyReferenceSizeMax)
        expect(decodeBodyReference(bytes)).toEqual(value)
        const body = { ...header, messages: [bytes], reference: value }
        const decoded = decodeEnvelope(encodeEnvelope(encodeBody(body), signature))
        expect(decoded).toMatchObject({ ok: true, envelope: { body } })
      }),
    )
  })

  test('of any bytes is read in one form only, without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const value = decodeBodyReference(bytes)
        if (value !== undefined) expect(encodeBodyReference(value)).toEqual(bytes)
      }),
    )
  })

  test.each([
    ['no size', { size: 0, root }],
    ['a size above 32 MiB', { size: bodySizeMax + 1, root }],
    ['a short root', { size: 1, root: root.subarray(1) }],
    ['a long id', { id: new Uint8Array(33), size: 1, root }],
  ])('with %s is refused, from a peer as bad-encoding', (_, value) => {
    const bytes = encodeBodyReference(value)
    expect(decodeBodyReference(bytes)).toBeUndefined()
    expect(() => encodeBody({ ...header, messages: [bytes], reference: value })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })

  test('takes the place of all messages', () => {
    const value = { size: 1, root }
    const messages = [encodeBodyReference(value), new Uint8Array()]
    expect(() => encodeBody({ ...header, messages, reference: value })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(() => encodeBody({ ...header, messages: [new Uint8Array()], reference: value })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })
})
