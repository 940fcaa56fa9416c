import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesFieldSize, varintFieldSize, varintSize, WireReader, WireWriter } from '../src/wire.ts'

const any = { min: 0, max: 1_000 }

function read(...bytes: number[]): WireReader {
  return new WireReader(Uint8Array.from(bytes))
}

describe('varints', () => {
  test('every number up to 2^53 - 1 comes back, in as many bytes as foretold', () => {
    const edges = Array.from({ length: 54 }, (_, bits) => [2 ** bits - 1, Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)])
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.constantFrom(...edges.flat())), (value) => {
        const writer = new WireWriter(varintFieldSize(value))
        writer.varint(3, value)
        const bytes = writer.finish()
        expect(bytes.length).toBe(value === 0 ? 0 : 1 + varintSize(value))
        const reader = new WireReader(bytes)
        expect(reader.varint(3)).toBe(value)
        expect(reader.end()).toBe(true)
      }),
    )
  })

  test.each([
    ['without end', [0x08, 0xff], 'truncated'],
    ['without a byte', [0x08], 'truncated'],
    ['in more bytes than needed', [0x08, 0x80, 0x00], 'varint-not-minimal'],
    ['in eight bytes of nothing', [0x08, 128, 128, 128, 128, 128, 128, 128, 0], 'varint-not-minimal'],
    ['of 2^53', [0x08, 128, 128, 128, 128, 128, 128, 128, 16], 'varint-too-large'],
    ['of 2^64 - 1', [0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], 'varint-too-large'],
    ['that holds the default', [0x08, 0], 'default-value'],
  ] as const)('a varint %s is refused', (_, bytes, error) => {
    const reader = read(...bytes)
    expect(reader.varint(1)).toBe(0)
    expect(reader.end()).toBe(false)
    expect(reader).toMatchObject({ error, errorField: 1 })
  })

  test('a varint over its maximum is refused', () => {
    const reader = read(0x08, 8)
    reader.varint(1, 7)
    expect(reader.error).toBe('varint-too-large')
  })
})

describe('bytes', () => {
  test('fields of any length come back as views, in as many bytes as foretold', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (values) => {
        const writer = new WireWriter(values.reduce((sum, value) => sum + bytesFieldSize(value.length), 0))
        for (const value of values) writer.bytes(15, value)
        const bytes = writer.finish()
        const reader = new WireReader(bytes)
        const views = reader.repeated(15, any, 20)
        expect(views).toEqual(values)
        expect(views.every((view) => view.buffer === bytes.buffer)).toBe(true)
        expect(reader.end()).toBe(true)
      }),
    )
  })

  test.each([
    ['longer than what follows', [0x12, 2, 1], 'truncated'],
    ['over its maximum', [0x12, 0xe9, 7], 'field-too-long'],
    ['that claims 2^53 - 1', [0x12, 255, 255, 255, 255, 255, 255, 255, 15], 'field-too-long'],
    ['that is empty though singular', [0x12, 0], 'default-value'],
  ] as const)('a field %s is refused', (_, bytes, error) => {
    const reader = read(...bytes)
    reader.bytes(2, any)
    expect(reader).toMatchObject({ error, errorField: 2 })
  })

  test('one repeated field too many is refused', () => {
    const reader = read(0x12, 0, 0x12, 0, 0x12, 0)
    expect(reader.repeated(2, any, 2)).toHaveLength(2)
    expect(reader.error).toBe('too-many')
  })
})

test('the first fault stays, and every later read is empty', () => {
  const reader = read(0x08, 0, 0x12, 1, 7)
  reader.varint(1)
  expect(reader.bytes(2, any)).toBeUndefined()
  expect(reader.repeated(2, any, 9)).toEqual([])
  expect(reader.end()).toBe(false)
  expect(reader.error).toBe('default-value')
})

test('a field of another number, order or type is left for the end to refuse', () => {
  for (const bytes of [
    [0x18, 1],
    [0x12, 1, 7, 0x08, 1],
    [0x0a, 1, 7],
    [0x08, 1, 0x08, 1],
    [0x0d, 0, 0, 0, 0],
  ]) {
    const reader = read(...bytes)
    reader.varint(1)
    reader.bytes(2, any)
    expect(reader.end()).toBe(false)
    expect(reader).toMatchObject({ error: 'unexpected-field', errorField: 0 })
  }
})

test('a writer that was told another size says so', () => {
  const writer = new WireWriter(3)
  writer.varint(1, 1)
  expect(() => writer.finish()).toThrow('wrote 2 of 3 bytes')
})
