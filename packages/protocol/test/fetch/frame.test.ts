import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodySizeMax, chunkSize } from '../../src/fetch/chunk-tree.ts'
import { decodeFetchFrame, encodeFetchFrame, type FetchFrame, fetchFrameSizeMax } from '../../src/fetch/frame.ts'
import { bytesOf } from '../arbitrary.ts'
import { readProtoFile } from '../proto-schema.ts'

const ref = fc.integer({ min: 1, max: 2 ** 32 - 1 })
const offer = fc.record({
  id: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  size: fc.integer({ min: 1, max: bodySizeMax }),
  root: bytesOf(32),
})
const ask = fc.record({ ref, root: bytesOf(32), index: fc.nat(127) })
const frameArbitrary: fc.Arbitrary<FetchFrame> = fc.oneof(
  fc.record({
    type: fc.constant('offers' as const),
    topic: fc.constantFrom('t', '/gv/1/0011223344556677/blöcke'),
    offers: fc.array(offer, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ type: fc.constant('asks' as const), asks: fc.array(ask, { minLength: 1, maxLength: 5 }) }),
  fc.record({
    type: fc.constant('chunk' as const),
    ref,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    proof: fc.constantFrom(new Uint8Array(0), new Uint8Array(32).fill(1), new Uint8Array(224).fill(2)),
  }),
  fc.record({ type: fc.constant('lacks' as const), ref }),
)

test('a frame comes back as it was, and is what fetch.proto says', () => {
  const message = readProtoFile('fetch.proto')('FetchFrame')
  fc.assert(
    fc.property(frameArbitrary, (frame) => {
      const wire = encodeFetchFrame(frame)
      expect(decodeFetchFrame(wire)).toEqual(frame)
      const theirs = fromBinary(message, wire)
      expect(toBinary(message, theirs)).toEqual(wire)
      expect(toBinary(message, create(message, theirs as never))).toEqual(wire)
    }),
  )
})

test('a frame of the largest chunk fits, and nothing larger is read', () => {
  const bytes = new Uint8Array(chunkSize).fill(1)
  const wire = encodeFetchFrame({ type: 'chunk', ref: 2 ** 32 - 1, bytes, proof: new Uint8Array(224) })
  expect(wire.length).toBeLessThanOrEqual(fetchFrameSizeMax)
  expect(decodeFetchFrame(wire)?.type).toBe('chunk')
  const larger = encodeFetchFrame({
    type: 'chunk',
    ref: 1,
    bytes: new Uint8Array(chunkSize + 1),
    proof: bytes.subarray(0, 32),
  })
  expect(decodeFetchFrame(larger)).toBeUndefined()
  expect(decodeFetchFrame(new Uint8Array(fetchFrameSizeMax + 1))).toBeUndefined()
})

test('what is not a frame in its one form is none', () => {
  const root = new Uint8Array(32)
  const wrong: FetchFrame[] = [
    { type: 'offers', topic: '', offers: [{ id: root, size: 1, root }] },
    { type: 'offers', topic: 't', offers: [] },
    { type: 'offers', topic: 't', offers: [{ id: new Uint8Array(0), size: 1, root }] },
    { type: 'offers', topic: 't', offers: [{ id: new Uint8Array(65), size: 1, root }] },
    { type: 'offers', topic: 't', offers: [{ id: root, size: 0, root }] },
    { type: 'offers', topic: 't', offers: [{ id: root, size: bodySizeMax + 1, root }] },
    { type: 'offers', topic: 't', offers: [{ id: root, size: 1, root: new Uint8Array(31) }] },
    { type: 'offers', topic: 't', offers: Array.from({ length: 257 }, () => ({ id: root, size: 1, root })) },
    { type: 'asks', asks: [] },
    { type: 'asks', asks: [{ ref: 0, root, index: 1 }] },
    { type: 'asks', asks: [{ ref: 1, root, index: 128 }] },
    { type: 'chunk', ref: 1, bytes: new Uint8Array(0), proof: root },
    { type: 'chunk', ref: 1, bytes: root, proof: new Uint8Array(33) },
    { type: 'chunk', ref: 1, bytes: root, proof: new Uint8Array(256) },
    { type: 'lacks', ref: 0 },
  ]
  for (const frame of wrong) expect(decodeFetchFrame(encodeFetchFrame(frame))).toBeUndefined()
})

test('any bytes that are read are the one form of what they say', () => {
  const changed = fc.tuple(frameArbitrary, fc.nat(), fc.nat(255)).map(([frame, at, to]) => {
    const wire = encodeFetchFrame(frame)
    wire[at % wire.length] = to
    return wire
  })
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 80 })), (wire) => {
      const frame = decodeFetchFrame(wire)
      if (frame !== undefined) expect(encodeFetchFrame(frame)).toEqual(wire)
    }),
    { numRuns: 1000 },
  )
})
