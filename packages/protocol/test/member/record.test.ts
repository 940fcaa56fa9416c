import { fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ArrivalWindow,
  decodeAccusations,
  decodeNodeRecord,
  decodeSelf,
  encodeAccusations,
  encodeNodeRecord,
  encodeSelf,
} from '../../src/member/index.ts'
import { accusedKey, selfKey } from '../../src/member/record.ts'
import { readProtoFile } from '../proto-schema.ts'
import { idOf, MemberWorld } from './member-world.ts'

describe('phi', () => {
  test('grows with silence, the slower the less regular the beats were', () => {
    const even = new ArrivalWindow({ arrivalsMax: 64, deviationMinMs: 100, beatMs: 500 }, 0)
    for (let now = 500; now <= 20_000; now += 500) even.arrived(now, false)
    const phis = [0, 500, 700, 1000, 2000, 10_000].map((ms) => even.phi(20_000 + ms, 0))
    expect(phis).toEqual(phis.toSorted((a, b) => a - b))
    expect(phis[1]).toBeCloseTo(0.3, 1)
    expect(even.phi(21_200, 0)).toBeGreaterThan(8)
    expect(even.phi(23_000, 2000)).toBeLessThan(8)
    const uneven = new ArrivalWindow({ arrivalsMax: 64, deviationMinMs: 100, beatMs: 500 }, 0)
    for (let now = 1000; now <= 20_000; now += 1000) {
      uneven.arrived(now - 300, false)
      uneven.arrived(now, false)
    }
    expect(uneven.phi(21_200, 0)).toBeLessThan(even.phi(21_200, 0))
  })
})

test('records are what state.proto says', () => {
  const messageOf = readProtoFile('state.proto')
  const records = {
    Self: encodeSelf({ incarnation: 300, isLeft: true, watchers: ['a', 'b'].map(idOf) }),
    Accusations: encodeAccusations([
      { id: idOf('a'), epoch: 1_767_225_600_000, incarnation: 0 },
      { id: idOf('b'), epoch: 1, incarnation: 7 },
    ]),
    Node: encodeNodeRecord({
      name: 'a',
      version: '1.0.0',
      addresses: ['/ip4/192.0.2.7/tcp/4100', '/dns4/example.org/tcp/4100'],
      topics: ['b', 'a'],
      topicCount: 70,
    }),
  }
  for (const [name, bytes] of Object.entries(records)) {
    const theirs = fromBinary(messageOf(name), bytes)
    expect(theirs.$unknown).toBeUndefined()
    expect(toBinary(messageOf(name), theirs)).toEqual(bytes)
  }
})

test('what a node says of itself is cut to its bounds', () => {
  const long = { name: 'x'.repeat(65), version: '', topicCount: 100 }
  const texts = (length: number): string[] => Array.from({ length }, (_, at) => `t${String(at).padStart(3, '0')}`)
  const read = decodeNodeRecord(encodeNodeRecord({ ...long, addresses: texts(9), topics: texts(100).toReversed() }))
  expect(read).toEqual({ ...long, name: '', addresses: texts(8), topics: texts(64) })
})

test('decoders of records never throw, and read one form only', () => {
  const world = new MemberWorld()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const self = decodeSelf(bytes)
      if (self !== undefined) expect(encodeSelf(self)).toEqual(bytes)
      const accusations = decodeAccusations(bytes)
      if (accusations !== undefined) expect(encodeAccusations(accusations)).toEqual(bytes)
      const node = decodeNodeRecord(bytes)
      if (node !== undefined) expect(encodeNodeRecord(node)).toEqual(bytes)
      world.changed('x', 1, selfKey, bytes)
      world.changed('x', 1, accusedKey, bytes)
    }),
    { numRuns: 1000 },
  )
})
