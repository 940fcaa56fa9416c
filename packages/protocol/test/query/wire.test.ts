import { fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes.ts'
import { sha256 } from '../../src/id.ts'
import {
  type Answer,
  decodeAnswer,
  decodeQuery,
  decodeQueryFrame,
  encodeAnswer,
  encodeQuery,
  encodeQueryFrame,
  type Query,
  type QueryFrame,
  queryFrameSizeMax,
  queryIdOf,
  querySignedBytes,
} from '../../src/query/index.ts'
import { bytesOf } from '../arbitrary.ts'
import { readProtoFile } from '../proto-schema.ts'

interface Vector {
  readonly name: string
  readonly wire: string
}

interface Vectors {
  readonly networkId: string
  readonly queries: readonly (Vector & { query: unknown; id: string; signedBytes: string })[]
  readonly answers: readonly (Vector & { answer: unknown; signedBytes: string })[]
  readonly frames: readonly (Vector & { frame: unknown })[]
  readonly invalid: Readonly<Record<'queries' | 'answers' | 'frames', readonly Vector[]>>
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/query.json', import.meta.url), 'utf8')) as Vectors
const messageOf = readProtoFile('query.proto')
const bytes = (hex: string): Uint8Array => fromHex(hex)!

const six = fc.integer({ min: 1, max: 2 ** 48 - 1 })
const tag = fc.stringMatching(/^[a-z]{1,9}(=[a-z*?]{0,9})?$/)
const queryArbitrary: fc.Arbitrary<Query> = fc.record({
  origin: bytesOf(32),
  epoch: six,
  number: six,
  time: fc.maxSafeNat(),
  timeoutMs: fc.integer({ min: 1, max: 600_000 }),
  name: fc.stringMatching(/^[A-Za-z0-9._/-]{1,128}$/),
  body: fc.uint8Array({ maxLength: 300 }),
  tags: fc.array(
    tag.map((text) => {
      const [key, glob] = text.split('=')
      return glob === undefined ? { key: key! } : { key: key!, glob }
    }),
    { maxLength: 8 },
  ),
  members: fc
    .uniqueArray(bytesOf(16), { selector: toHex, maxLength: 9 })
    .map((ids) => ids.toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1))),
  relays: fc.nat({ max: 8 }),
  wantsAck: fc.boolean(),
})
const answerArbitrary: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    query: bytesOf(16),
    responder: bytesOf(32),
    index: fc.constant(0),
    answers: fc.nat({ max: 4 }),
    body: fc.constant(new Uint8Array(0)),
    isFailed: fc.constant(false),
  }),
  fc.record({
    query: bytesOf(16),
    responder: bytesOf(32),
    index: fc.integer({ min: 1, max: 4 }),
    answers: fc.constant(0),
    body: fc.uint8Array({ maxLength: 300 }),
    isFailed: fc.boolean(),
  }),
)
const frameArbitrary: fc.Arbitrary<QueryFrame> = fc.oneof(
  fc.record({
    type: fc.constant('ask' as const),
    query: queryArbitrary.map(encodeQuery),
    signature: bytesOf(64),
    hops: fc.nat({ max: 255 }),
    leftMs: fc.integer({ min: 1, max: 600_000 }),
  }),
  fc.record({
    type: fc.constant('return' as const),
    answer: answerArbitrary.map(encodeAnswer),
    signature: bytesOf(64),
    hops: fc.nat({ max: 255 }),
  }),
  fc.record({ type: fc.constant('have' as const), id: bytesOf(16) }),
)

describe.each([
  ['queries', 'Query', queryArbitrary, encodeQuery, decodeQuery],
  ['answers', 'Answer', answerArbitrary, encodeAnswer, decodeAnswer],
  ['frames', 'QueryFrame', frameArbitrary, encodeQueryFrame, decodeQueryFrame],
] as const)('%s', (_, message, arbitrary, encode, decode) => {
  const [encoder, decoder] = [encode as (value: unknown) => Uint8Array, decode as (wire: Uint8Array) => unknown]
  const values = arbitrary as fc.Arbitrary<unknown>

  test('come out as they went in, and a protobuf library writes what it reads as the same bytes', () => {
    fc.assert(
      fc.property(values, (value) => {
        const wire = encoder(value)
        expect(decoder(wire)).toEqual(value)
        const theirs = fromBinary(messageOf(message), wire)
        expect(theirs.$unknown).toBeUndefined()
        expect(toHex(toBinary(messageOf(message), theirs))).toBe(toHex(wire))
      }),
    )
  })

  test('are read from their one form only, and the decoder never throws', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, flip) => {
        const wire = encoder(value)
        wire[place % wire.length]! ^= flip
        const read = decoder(wire)
        if (read !== undefined) expect(toHex(encoder(read))).toBe(toHex(wire))
      }),
      { numRuns: 1000 },
    )
  })
})

test('the largest query and the largest answer fit into a frame', () => {
  const key = 'k'.repeat(256)
  const query = encodeQuery({
    origin: new Uint8Array(32),
    epoch: 2 ** 48 - 1,
    number: Number.MAX_SAFE_INTEGER,
    time: Number.MAX_SAFE_INTEGER,
    timeoutMs: 600_000,
    name: 'n'.repeat(128),
    body: new Uint8Array(8192),
    tags: Array.from({ length: 8 }, () => ({ key, glob: key })),
    members: Array.from({ length: 64 }, (_, at) => new Uint8Array(16).fill(at)),
    relays: 8,
    wantsAck: true,
  })
  expect(decodeQuery(query)).toBeDefined()
  const signature = new Uint8Array(64)
  const ask = encodeQueryFrame({ type: 'ask', query, signature, hops: 255, leftMs: 600_000 })
  const answer = encodeAnswer({
    query: new Uint8Array(16),
    responder: new Uint8Array(32),
    index: 4,
    answers: 0,
    body: new Uint8Array(16_384),
    isFailed: true,
  })
  const back = encodeQueryFrame({ type: 'return', answer, signature, hops: 255 })
  for (const frame of [ask, back]) {
    expect(frame.length).toBeLessThanOrEqual(queryFrameSizeMax)
    expect(decodeQueryFrame(frame)).toBeDefined()
  }
})

describe('the vectors', () => {
  test.each(vectors.queries)('query $name', ({ query, wire, id, signedBytes }) => {
    const decoded = decodeQuery(bytes(wire))!
    expect(jsonOf(decoded)).toEqual(query)
    expect(toHex(encodeQuery(decoded))).toBe(wire)
    const digest = sha256(bytes(wire))
    expect(toHex(queryIdOf(digest))).toBe(id)
    expect(toHex(querySignedBytes('query', bytes(vectors.networkId), digest))).toBe(signedBytes)
  })

  test.each(vectors.answers)('$name', ({ answer, wire, signedBytes }) => {
    const decoded = decodeAnswer(bytes(wire))!
    expect(jsonOf(decoded)).toEqual(answer)
    expect(toHex(encodeAnswer(decoded))).toBe(wire)
    expect(toHex(querySignedBytes('answer', bytes(vectors.networkId), sha256(bytes(wire))))).toBe(signedBytes)
  })

  test.each(vectors.frames)('$name', ({ frame, wire }) => {
    const decoded = decodeQueryFrame(bytes(wire))!
    expect(jsonOf(decoded)).toEqual(frame)
    expect(toHex(encodeQueryFrame(decoded))).toBe(wire)
  })

  test.each([
    ...vectors.invalid.queries.map(({ name, wire }) => ({ name: `query: ${name}`, wire, decode: decodeQuery })),
    ...vectors.invalid.answers.map(({ name, wire }) => ({ name: `answer: ${name}`, wire, decode: decodeAnswer })),
    ...vectors.invalid.frames.map(({ name, wire }) => ({ name: `frame: ${name}`, wire, decode: decodeQueryFrame })),
  ])('$name is refused', ({ wire, decode }) => {
    expect(decode(bytes(wire))).toBeUndefined()
  })
})

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]))
}
