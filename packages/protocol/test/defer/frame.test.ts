import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeWant, encodeWant, wantIdsMax } from '../../src/defer/frame.ts'

const id = fc.uint8Array({ minLength: 1, maxLength: 32 })
const request = fc.record({
  wireTopic: fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.isWellFormed()),
  ids: fc.array(id, { minLength: 1, maxLength: wantIdsMax }),
})

test('what is asked for is read as it was written', () => {
  fc.assert(
    fc.property(request, (asked) => {
      expect(decodeWant(encodeWant(asked))).toEqual(asked)
    }),
  )
})

test('whatever comes, it is a request with 1 to 64 ids of 1 to 32 bytes, or none', () => {
  const cut = fc.tuple(request, fc.nat()).map(([asked, at]) => {
    const bytes = encodeWant(asked)
    return bytes.slice(0, at % bytes.length)
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 3_000 }), cut), (bytes) => {
      const read = decodeWant(bytes)
      if (read === undefined) return
      expect(read.ids.length).toBeGreaterThanOrEqual(1)
      expect(read.ids.length).toBeLessThanOrEqual(wantIdsMax)
      for (const each of read.ids) expect(each.length).toBeLessThanOrEqual(32)
      expect(encodeWant(read)).toEqual(bytes)
    }),
  )
})

test.each([
  ['nothing', []],
  ['a topic alone', [1, 0x61]],
  ['an empty topic', [0, 1, 5]],
  ['an empty id', [1, 0x61, 0]],
  ['an id of 33 bytes', [1, 0x61, 33, ...Array.from({ length: 33 }, () => 1)]],
  ['65 ids', [1, 0x61, ...Array.from({ length: 65 }, () => [1, 7]).flat()]],
  ['a topic that is no text', [1, 0xff, 1, 5]],
])('%s is none', (_, bytes) => {
  expect(decodeWant(Uint8Array.from(bytes))).toBeUndefined()
})
