import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEnvelope, encodeBody, encodeEnvelope } from '../src/envelope.ts'
import { bodyArbitrary, bytesOf } from './arbitrary.ts'
import { readProtoSchema } from './proto-schema.ts'

const schema = readProtoSchema()

describe('beside @bufbuild/protobuf', () => {
  test('our bytes decode there to the same values', () => {
    fc.assert(
      fc.property(bodyArbitrary, bytesOf(64), (body, signature) => {
        const bodyBytes = encodeBody(body)
        expect(fromBinary(schema.envelope, encodeEnvelope(bodyBytes, signature))).toMatchObject({
          version: 1,
          body: bodyBytes,
          signature,
        })
        expect(fromBinary(schema.body, bodyBytes)).toMatchObject({
          author: body.author,
          epoch: BigInt(body.epoch),
          sequence: BigInt(body.sequence),
          time: BigInt(body.time),
          schema: body.schema ?? new Uint8Array(0),
          parents: body.parents,
          messages: body.messages,
        })
      }),
    )
  })

  test('its bytes are the same as ours', () => {
    fc.assert(
      fc.property(bodyArbitrary, bytesOf(64), (body, signature) => {
        const { epoch, sequence, time, schema: id, ...rest } = body
        const numbers = { epoch: BigInt(epoch), sequence: BigInt(sequence), time: BigInt(time) }
        const theirs = create(schema.body, { ...rest, ...numbers, ...(id === undefined ? {} : { schema: id }) })
        const bodyBytes = toBinary(schema.body, theirs)
        expect(bodyBytes).toEqual(encodeBody(body))
        const envelope = toBinary(schema.envelope, create(schema.envelope, { version: 1, body: bodyBytes, signature }))
        expect(decodeEnvelope(envelope)).toMatchObject({ ok: true, envelope: { body } })
      }),
    )
  })
})
