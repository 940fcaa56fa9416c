import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bound, boundAt, compareBounds, firstBound, KeyList, lastBound } from '../../src/reconcile/key.ts'
import { SetIndex } from '../../src/reconcile/set-index.ts'
import { sketchSymbolsMax, symbolWords } from '../../src/reconcile/sketch.ts'
import { indexOf, keyOf, keysOf, testSketchKey, textsOf } from './key-set.ts'

const everything = { from: firstBound, to: lastBound }

const keysIn = (index: SetIndex): Bound[] => listed(index.keys(everything, Infinity))
const listed = (list: KeyList): Bound[] => Array.from({ length: list.length }, (_, at) => list.bound(at))

const allSymbols = (index: SetIndex, range = everything): Uint32Array =>
  index.rangeSketch(range)!.upTo(sketchSymbolsMax).slice()

function listOf(keys: readonly Bound[]): KeyList {
  const list = new KeyList()
  for (const { time, id } of keys.toSorted(compareBounds)) list.push(time, id)
  return list
}

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ what: fc.constant('add' as const), serial: fc.nat(3000), count: fc.nat(400) }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('delete' as const), serial: fc.nat(3000), count: fc.nat(300) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('floor' as const), serial: fc.nat(1500), count: fc.constant(0) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('build' as const), serial: fc.nat(500), count: fc.constant(0) }),
  },
)

describe('an index of keys', () => {
  test('is a sorted set, whatever is done to it, and its sums and sketch are those of its keys', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(2), fc.boolean(), (steps, spread, isLoaded) => {
        const index = new SetIndex(testSketchKey)
        // Without, the sketch begins when keys are no longer few.
        const loaded = isLoaded ? [keyOf(1, 1), keyOf(2, 1), keyOf(3, 0)] : []
        index.load(listOf(loaded))
        const model = new Map(textsOf(loaded).map((text) => [text, true]))
        // Spread 0: all at one time, as ids by content are.
        const at = (serial: number): Bound =>
          keyOf(serial, spread === 0 ? 0 : (serial * (spread === 1 ? 1 : 7919)) % 3001)
        for (const { what, serial, count } of steps) {
          if (what === 'build') index.buildSome(serial)
          if (what === 'floor') {
            const kept = keysIn(index).filter(({ time }) => time >= serial)
            const before = index.count
            expect(index.raiseFloor(serial)).toBe(before - kept.length)
            model.clear()
            for (const text of textsOf(kept)) model.set(text, true)
          }
          for (let key = serial; key < serial + count; key++) {
            const { time, id } = at(key)
            const [text] = textsOf([at(key)])
            expect(index.has(time, id)).toBe(model.has(text!))
            if (what === 'add') {
              expect(index.add(time, id)).toBe(!model.has(text!) && time >= index.floor)
              if (time >= index.floor) model.set(text!, true)
            } else {
              expect(index.delete(time, id)).toBe(model.delete(text!))
            }
          }
        }
        const keys = keysIn(index)
        expect(textsOf(keys)).toEqual([...model.keys()].toSorted((a, b) => orderOf(a, b)))
        expect(keys.toSorted(compareBounds)).toEqual(keys)
        const fresh = indexOf(keys)
        expect(index.summary(everything)).toEqual(fresh.summary(everything))
        while (!index.buildSome(700)) expect(index.rangeSketch(everything)).toBeUndefined()
        expect(allSymbols(index)).toEqual(allSymbols(fresh))
      }),
      { numRuns: 25 },
    )
  })

  test('gives count, sum, keys and sketch of any range', () => {
    const keys = keysOf(0, 5000)
      .map((key, at) => (at % 3 === 0 ? { ...key, time: 77 } : key))
      .toSorted(compareBounds)
    const index = indexOf(keys)
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const range = { from: keys[from] ?? lastBound, to: keys[to] ?? lastBound }
        const inside = indexOf(keys.slice(from, to))
        expect(index.summary(range)).toEqual(inside.summary(everything))
        expect(listed(index.keys(range, Infinity))).toEqual(keys.slice(from, to))
        expect(allSymbols(index, range)).toEqual(allSymbols(inside))
        const count = to - from
        const parts = index.parts(range, [count >> 2, count >> 1, count >> 1, count + 1])
        for (const [at, part] of parts.entries()) {
          const next = parts[at + 1]?.from ?? range.to
          expect(index.summary({ from: part.from, to: next })).toEqual({ count: part.count, sum: part.sum })
        }
        const cuts = new Set([0, count >> 2, count >> 1].filter((cut) => cut < count)).size
        expect(parts.length).toBe(cuts)
      }),
      { numRuns: 25 },
    )
  })

  test('finds keys by the beginning of an id', () => {
    const keys = keysOf(0, 2000)
    const index = indexOf(keys)
    for (const { id } of keys.slice(0, 50)) {
      for (const length of [1, 2, 4, 5, 16]) {
        const prefix = id.subarray(0, length)
        const wanted = keys.filter((key) => prefix.every((byte, at) => key.id[at] === byte))
        expect(listed(index.find(prefix, 100))).toEqual(wanted)
      }
    }
    expect(index.find(keys[0]!.id.subarray(0, 1), 2).length).toBe(2)
  })

  test('keeps 36 bytes a key or fewer, also for keys in falling or random order', () => {
    const keys = keysOf(0, 30_000)
    for (const order of [
      keys,
      keys.toReversed(),
      keys.toSorted((a, b) => a.id[0]! - b.id[0]! || a.id[1]! - b.id[1]!),
    ]) {
      const index = indexOf(order)
      const sketchBytes = sketchSymbolsMax * symbolWords * 4
      expect((index.byteLength - sketchBytes) / index.count).toBeLessThan(36)
    }
  })

  test('keeps no sketch of few keys', () => {
    const index = indexOf(keysOf(0, 512))
    expect(index.byteLength).toBeLessThan(512 * 36)
    const { time, id } = keyOf(512, 512)
    index.add(time, id)
    expect(index.byteLength).toBeGreaterThan(sketchSymbolsMax * symbolWords * 4)
    expect(index.built).toBe(true)
  })

  test('refuses what only a mistake of the caller gives', () => {
    const index = indexOf(keysOf(0, 10))
    const argument = expect.objectContaining({ code: 'argument' })
    expect(() => new SetIndex(new Uint8Array(3))).toThrow(argument)
    expect(() => index.add(-1, new Uint8Array(16))).toThrow(argument)
    expect(() => index.add(1.5, new Uint8Array(16))).toThrow(argument)
    expect(() => index.add(1, new Uint8Array(15))).toThrow(argument)
    expect(() => index.load(listOf([keyOf(1, 5)]))).toThrow(argument)
    expect(() => KeyList.of(new Float64Array(2), new Uint8Array(16))).toThrow(argument)
    expect(index.summary({ from: boundAt(9), to: boundAt(3) }).count).toBe(0)
  })
})

function orderOf(a: string, b: string): number {
  const [timeA, idA] = a.split(':')
  const [timeB, idB] = b.split(':')
  return Number(timeA) - Number(timeB) || (idA! < idB! ? -1 : 1)
}

test('a sketch of few keys is the same in parts, symbol by symbol and as a whole', () => {
  for (const count of [0, 1, 40, 512]) {
    const index = indexOf(keysOf(0, count))
    const whole = allSymbols(index)
    const sketch = index.rangeSketch(everything)!
    for (const symbol of [0, 31, 500, 16_383])
      expect(sketch.symbolAt(symbol)).toEqual(whole.subarray(symbol * 9, (symbol + 1) * 9))
    for (const upTo of [1, 200, 300, 1000]) {
      expect(sketch.upTo(upTo).subarray(0, upTo * 9)).toEqual(whole.subarray(0, upTo * 9))
      expect(sketch.symbolAt(upTo - 1)).toEqual(whole.subarray((upTo - 1) * 9, upTo * 9))
    }
  }
  // As the one that the index keeps: that of all keys but one, and that one.
  const index = indexOf(keysOf(0, 600))
  const last = index.keys(everything, 600).time(599)
  const [most, rest] = [
    { from: firstBound, to: boundAt(last) },
    { from: boundAt(last), to: lastBound },
  ].map((range) => allSymbols(index, range))
  expect(allSymbols(index)).toEqual(most!.map((word, at) => word + rest![at]!))
})
