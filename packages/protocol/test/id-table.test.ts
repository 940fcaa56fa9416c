import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOf } from '../src/bytes.ts'
import { IdTable } from '../src/id-table.ts'
import { bytesOf } from './arbitrary.ts'

/** An id of 32 bytes that holds a number in its first bytes and zeros after them. */
function idOf(value: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, value)
  return id
}

const anyId = fc.oneof(
  bytesOf(32),
  fc.nat(50).map(idOf),
  fc.uint8Array({ minLength: 1, maxLength: 15 }),
  fc.uint8Array({ minLength: 1, maxLength: 15, max: 1 }),
)

describe('an id table', () => {
  test('is a set as long as less is in it than it must hold', () => {
    fc.assert(
      fc.property(
        fc.array(anyId, { maxLength: 300 }),
        fc.array(anyId, { maxLength: 30 }),
        fc.integer(),
        (ids, others, salt) => {
          const table = new IdTable({ idsMin: 1000, salt })
          const model = new Set<string>()
          for (const id of ids) {
            expect(table.add(id)).toBe(!model.has(keyOf(id)))
            model.add(keyOf(id))
          }
          for (const id of [...ids, ...others]) expect(table.has(id)).toBe(model.has(keyOf(id)))
          expect(table.size).toBe(model.size)
        },
      ),
    )
  })

  test('remembers at least the last idsMin ids and at most twice as many, in bounded memory', () => {
    const idsMin = 5_000
    const table = new IdTable({ idsMin, salt: 1 })
    let bytesMax = 0
    for (let value = 0; value < 50_000; value++) {
      table.add(idOf(value))
      bytesMax = Math.max(bytesMax, table.byteLength)
      if (value % 997 !== 0) continue
      for (let back = 0; back < Math.min(idsMin, value); back += 499) expect(table.has(idOf(value - back))).toBe(true)
      expect(table.size).toBeLessThanOrEqual(2 * idsMin)
    }
    expect(table.has(idOf(0))).toBe(false)
    expect(bytesMax).toBeLessThanOrEqual(2 * 8192 * 16)
  })

  test('keeps what is asked for again, and says that it was known', () => {
    const table = new IdTable({ idsMin: 100, salt: 1 })
    table.add(idOf(7))
    table.turn()
    expect(table.add(idOf(7))).toBe(false)
    table.turn()
    expect(table.has(idOf(7))).toBe(true)
    table.turn()
    expect(table.has(idOf(7))).toBe(false)
  })

  test('tells ids of zeros and ids of other lengths apart', () => {
    const table = new IdTable({ idsMin: 100, salt: 1 })
    for (let length = 1; length <= 16; length++) {
      expect(table.has(new Uint8Array(length))).toBe(false)
      expect(table.add(new Uint8Array(length))).toBe(true)
      expect(table.add(new Uint8Array(length))).toBe(false)
    }
    expect(table.size).toBe(16)
  })

  test('takes ids that differ in one word only', () => {
    for (const word of [0, 1, 2, 3]) {
      const table = new IdTable({ idsMin: 1 << 17, salt: 12_345 })
      const id = new Uint8Array(32)
      const view = new DataView(id.buffer)
      for (let value = 1; value < 50_000; value++) {
        view.setUint32(word * 4, value << 12)
        expect(table.add(id)).toBe(true)
      }
    }
  })
})
