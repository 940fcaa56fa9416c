import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes.ts'
import { decodeFrame } from '../../src/reconcile/frame-decode.ts'
import { encodeFrame } from '../../src/reconcile/frame-encode.ts'
import { firstBound, KeyList, lastBound } from '../../src/reconcile/key.ts'
import { sketchKey } from '../../src/reconcile/key-hash.ts'
import { SetIndex } from '../../src/reconcile/set-index.ts'
import { readProtoFile } from '../proto-schema.ts'
import { boundsOf } from './exchange.ts'
import { mappingOf, siphash } from './plain-hash.ts'

interface Vectors {
  readonly networkId: string
  readonly topic: string
  readonly sketchKey: string
  readonly keys: readonly {
    readonly time: string
    readonly id: string
    readonly hash: string
    readonly symbols: number[]
  }[]
  readonly set: { readonly count: number; readonly sum: string; readonly symbols: readonly string[] }
  readonly frames: readonly { readonly name: string; readonly frame: unknown; readonly wire: string }[]
  readonly invalid: readonly { readonly name: string; readonly wire: string }[]
}

const path = new URL('../../vectors/reconcile.json', import.meta.url)
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors
const bytes = (hex: string): Uint8Array => fromHex(hex)!
const frameMessage = readProtoFile('reconcile.proto')('Frame')

describe('the vectors of reconciliation', () => {
  test('the key of the hashes', () => {
    expect(toHex(sketchKey(bytes(vectors.networkId), vectors.topic))).toBe(vectors.sketchKey)
  })

  test.each(vectors.keys)('the hash of key $time $id, and its symbols, by the letter of docs/protocol.md', (key) => {
    const input = new Uint8Array(24)
    new DataView(input.buffer).setBigUint64(0, BigInt(key.time))
    input.set(bytes(key.id), 8)
    const hash = siphash(bytes(vectors.sketchKey), input)
    expect(hash.toString(16).padStart(16, '0')).toBe(key.hash)
    expect(mappingOf(hash, 16_384)).toEqual(key.symbols)
  })

  test('count, sum and symbols of the set of these keys', () => {
    const index = new SetIndex(bytes(vectors.sketchKey))
    for (const { time, id } of vectors.keys) index.add(Number(time), bytes(id))
    const range = { from: firstBound, to: lastBound }
    const { count, sum } = index.summary(range)
    expect({ count, sum: toHex(sum) }).toEqual({ count: vectors.set.count, sum: vectors.set.sum })
    const words = index.rangeSketch(range)!.upTo(8)
    const hex = Array.from(words.subarray(0, 72), (word) => word.toString(16).padStart(8, '0')).join('')
    expect(hex).toBe(vectors.set.symbols.join(''))
  })

  test.each(vectors.frames)('$name', ({ frame, wire }) => {
    const decoded = decodeFrame(bytes(wire))
    expect(jsonOf(decoded)).toEqual(frame)
    expect(typeof decoded === 'object' && toHex(encodeFrame(decoded))).toBe(wire)
    // What a protobuf library reads by the schema, it writes as the same bytes.
    const theirs = fromBinary(frameMessage, bytes(wire))
    expect(theirs.$unknown).toBeUndefined()
    expect(toHex(toBinary(frameMessage, theirs))).toBe(wire)
  })

  test.each(vectors.invalid)('$name is refused', ({ wire }) => {
    expect(decodeFrame(bytes(wire))).toBeUndefined()
  })
})

function jsonOf(value: unknown): unknown {
  if (value instanceof KeyList) return boundsOf(value).map(jsonOf)
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]))
}
