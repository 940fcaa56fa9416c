import { fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, keyOf, toHex } from '../../src/bytes.ts'
import { sha256 } from '../../src/id.ts'
import {
  decodeEntry,
  decodeOwnerState,
  decodeStateFrame,
  encodeOwnerState,
  encodeStateFrame,
  type ExchangeFrame,
  headSignedBytes,
  makeEntry,
  rootOf,
  type StateFrame,
} from '../../src/state/index.ts'
import { bytesOf } from '../arbitrary.ts'
import { readProtoFile } from '../proto-schema.ts'
import { keyOfName, StateWorld } from './state-world.ts'

interface Vectors {
  readonly networkId: string
  readonly entries: readonly { readonly fields: Record<string, string>; readonly wire: string; readonly hash: string }[]
  readonly head: Readonly<Record<string, string>>
  readonly frames: readonly { readonly name: string; readonly frame: unknown; readonly wire: string }[]
  readonly invalid: readonly { readonly name: string; readonly wire: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/state.json', import.meta.url), 'utf8')) as Vectors
const messageOf = readProtoFile('state.proto')
const frameMessage = messageOf('StateFrame')
const bytes = (hex: string): Uint8Array => fromHex(hex)!

const six = fc.integer({ min: 1, max: 2 ** 48 - 1 })
const deltaArbitrary = fc
  .record({
    owner: bytesOf(32),
    epoch: six,
    version: six,
    root: bytesOf(32),
    signature: bytesOf(64),
    count: fc.nat(1000),
  })
  .chain((head) =>
    fc.record({
      head: fc.nat({ max: head.version }).map((floor) => ({ ...head, floor })),
      from: fc.nat({ max: head.version }),
      entries: fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 4 }),
      isCut: fc.boolean(),
    }),
  )
const marksArbitrary = fc
  .uniqueArray(
    fc.record({ id: bytesOf(16).map(keyOf), epoch: fc.nat(), version: fc.nat(), tag: fc.nat({ max: 2 ** 32 - 1 }) }),
    {
      selector: ({ id }) => id,
      maxLength: 20,
    },
  )
  .map((marks) => marks.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
const frameArbitrary: fc.Arbitrary<StateFrame> = fc.oneof(
  fc.record({ type: fc.constant('beat' as const), epoch: six, count: six }),
  fc.record({
    type: fc.constant('exchange' as const),
    exchange: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    step: fc.integer({ min: 2, max: 4 }),
    split: fc.constant(8),
    fingerprints: fc.constant(new Uint32Array(0)),
    covered: fc.constant([0, 3, 7]),
    marks: marksArbitrary,
    deltas: fc.array(deltaArbitrary, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('exchange' as const),
    exchange: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    step: fc.constant(2),
    split: fc.constant(0),
    fingerprints: fc.constant(new Uint32Array(0)),
    covered: fc.constant([]),
    marks: marksArbitrary,
    deltas: fc.constant([]),
    place: bytesOf(26),
  }),
  fc.array(fc.nat({ max: 2 ** 32 - 1 }), { minLength: 32, maxLength: 32 }).map((words): ExchangeFrame => ({
    type: 'exchange',
    exchange: 1,
    step: 1,
    split: 16,
    fingerprints: Uint32Array.from(words),
    covered: [],
    marks: [],
    deltas: [],
  })),
)

describe('frames', () => {
  test('come out as they went in, and a protobuf library writes what it reads as the same bytes', () => {
    fc.assert(
      fc.property(frameArbitrary, (frame) => {
        const wire = encodeStateFrame(frame)
        expect(decodeStateFrame(wire)).toEqual(frame)
        const theirs = fromBinary(frameMessage, wire)
        expect(theirs.$unknown).toBeUndefined()
        expect(toHex(toBinary(frameMessage, theirs))).toBe(toHex(wire))
      }),
    )
  })

  test('are read from their one form only, and the decoder never throws', () => {
    fc.assert(
      fc.property(frameArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, place, flip) => {
        const wire = encodeStateFrame(frame)
        wire[place % wire.length]! ^= flip
        const read = decodeStateFrame(wire)
        if (read !== undefined) expect(toHex(encodeStateFrame(read))).toBe(toHex(wire))
      }),
      { numRuns: 2000 },
    )
  })
})

test('a state is kept on disk in bytes that give it back, and damaged ones give nothing', () => {
  const world = StateWorld.of(['a'])
  world.set('a', 'one', '1')
  world.set('a', 'two', '2')
  world.remove('a', 'one')
  const state = world.replicas.get('a')!.stateOf(keyOfName('a'))!
  const stored = encodeOwnerState(state)
  expect(decodeOwnerState(stored.slice())).toEqual(state)
  for (let at = 0; at < stored.length; at++) {
    const damaged = stored.slice()
    damaged[at]! ^= 1
    const read = decodeOwnerState(damaged)
    // The signature is not looked at here, and says nothing of the entries.
    if (read !== undefined) expect(read.entries).toEqual(state.entries)
  }
})

describe('the vectors', () => {
  test.each(vectors.entries)('entry $fields.key', ({ fields, wire, hash }) => {
    const entry = decodeEntry(bytes(wire))!
    const value = fields['value'] === undefined ? undefined : bytes(fields['value'])
    expect(entry).toMatchObject({
      key: fields['key'],
      version: Number(fields['version']),
      time: Number(fields['time']),
    })
    expect(entry.value).toEqual(value)
    expect(toHex(entry.hash)).toBe(hash)
    expect(toHex(makeEntry(entry).bytes)).toBe(wire)
    expect(toHex(toBinary(messageOf('Entry'), fromBinary(messageOf('Entry'), bytes(wire))))).toBe(wire)
  })

  test('root and signed bytes of the head over them', () => {
    const { owner, epoch, version, floor, root, signedBytes } = vectors.head
    const head = { owner: bytes(owner!), epoch: Number(epoch), version: Number(version), floor: Number(floor) }
    const entries = vectors.entries.map(({ wire }) => decodeEntry(bytes(wire))!)
    expect(toHex(rootOf(head, entries, sha256))).toBe(root)
    expect(toHex(headSignedBytes(bytes(vectors.networkId), bytes(root!)))).toBe(signedBytes)
  })

  test.each(vectors.frames)('$name', ({ frame, wire }) => {
    const decoded = decodeStateFrame(bytes(wire))!
    const { marks } = decoded.type === 'exchange' ? decoded : { marks: undefined }
    const ids = marks?.map((mark) => ({ ...mark, id: Uint8Array.from(mark.id, (letter) => letter.charCodeAt(0)) }))
    expect(jsonOf({ ...decoded, ...(ids && { marks: ids }) })).toEqual(frame)
    expect(toHex(encodeStateFrame(decoded))).toBe(wire)
  })

  test.each(vectors.invalid)('$name is refused', ({ wire }) => {
    expect(decodeStateFrame(bytes(wire))).toBeUndefined()
  })
})

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (value instanceof Uint32Array) return Array.from(value, String)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]))
}
