import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Coordinate,
  coordinateMsMax,
  decodeCoordinate,
  distanceMs,
  encodeCoordinate,
  errorMax,
  estimateMs,
  isSane,
  originCoordinate,
  Vivaldi,
} from '@grapevine/protocol/coordinate'

const far = (ms: number): Coordinate => ({ ...originCoordinate, vector: [ms, 0, 0, 0], error: 0.05 })
/** Anything that the type of a number allows, above all what no coordinate should hold. */
const anyNumber = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e300, -1e300, 0, 10_000.1))
const anyCoordinate = fc.record({
  vector: fc.array(anyNumber, { maxLength: 6 }),
  height: anyNumber,
  adjustment: anyNumber,
  error: anyNumber,
})

/** Nodes on a square of 100 ms, each with an access of its own, that measure each other in turn. */
function settle(rounds: number): {
  readonly found: readonly Vivaldi[]
  readonly truth: (a: number, b: number) => number
} {
  const places = [
    [0, 0, 1],
    [100, 0, 2],
    [0, 100, 5],
    [100, 100, 10],
    [50, 50, 3],
    [20, 70, 8],
  ] as const
  const truth = (a: number, b: number): number => {
    const [[ax, ay, ah], [bx, by, bh]] = [places[a]!, places[b]!]
    return Math.hypot(ax - bx, ay - by) + ah + bh
  }
  const found = places.map((_, seed) => new Vivaldi({ seed }))
  for (let round = 1; round <= rounds; round++) {
    for (const [at, vivaldi] of found.entries()) {
      const other = (at + 1 + (round % (places.length - 1))) % places.length
      vivaldi.take(`peer${other}`, truth(at, other), found[other]!.coordinate)
    }
  }
  return { found, truth }
}

describe('a node on the map of round trips', () => {
  test('finds its place, so that estimates are close to the truth', () => {
    const { found, truth } = settle(400)
    for (const [a, one] of found.entries()) {
      for (const [b, other] of found.entries()) {
        if (a === b) continue
        const off = Math.abs(estimateMs(one.coordinate, other.coordinate) - truth(a, b)) / truth(a, b)
        expect(off).toBeLessThan(0.15)
      }
      expect(one.coordinate.error).toBeLessThan(0.1)
    }
  })

  test('is at the same place in every run of a seed', () => {
    const places = (): Coordinate[] => settle(50).found.map(({ coordinate }) => coordinate)
    expect(places()).toEqual(places())
  })

  test('moves even if all are in one place at first', () => {
    const vivaldi = new Vivaldi({ seed: 1 })
    expect(vivaldi.take('a', 80, originCoordinate)).toBe(true)
    expect(distanceMs(vivaldi.coordinate, originCoordinate)).toBeGreaterThan(1)
  })

  test('keeps the place of an earlier life, but is not sure of it', () => {
    const from = far(70)
    expect(new Vivaldi({ seed: 1, from }).coordinate).toMatchObject({ vector: from.vector, error: errorMax })
    expect(new Vivaldi({ seed: 1, from: far(Number.NaN) }).coordinate.vector).toEqual([0, 0, 0, 0])
  })

  test('counts the shortest of the last round trips, not the pauses of a busy machine', () => {
    const vivaldi = new Vivaldi({ seed: 1 })
    for (const ms of [52, 50, 1800, 51]) vivaldi.take('a', ms, undefined)
    expect(vivaldi.measured('a')).toBe(50)
    for (let index = 0; index < 4; index++) vivaldi.take('a', 60, undefined)
    expect(vivaldi.measured('a')).toBe(60)
    vivaldi.forget('a')
    expect(vivaldi.measured('a')).toBeUndefined()
  })

  test('remembers a bounded number of peers', () => {
    const vivaldi = new Vivaldi({ seed: 1, peersMax: 2 })
    for (const peer of ['a', 'b', 'a', 'c']) vivaldi.take(peer, 5, undefined)
    expect(['a', 'b', 'c'].map((peer) => vivaldi.measured(peer))).toEqual([5, undefined, 5])
  })
})

describe('against nonsense and lies', () => {
  test('a place stays sane whatever peers say', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyNumber, anyCoordinate), { maxLength: 40 }), (samples) => {
        const vivaldi = new Vivaldi({ seed: 1 })
        for (const [ms, there] of samples) vivaldi.take('a', ms, there)
        expect(isSane(vivaldi.coordinate)).toBe(true)
      }),
    )
  })

  test('what is not sane moves nothing', () => {
    const vivaldi = new Vivaldi({ seed: 1 })
    const before = vivaldi.coordinate
    for (const ms of [Number.NaN, Infinity, -1, 10_001]) expect(vivaldi.take('a', ms, far(10))).toBe(false)
    for (const ms of [Number.NaN, Infinity, 1e9]) expect(vivaldi.take('a', 10, far(ms))).toBe(false)
    expect(vivaldi.take('a', 10, { ...far(10), vector: [1] })).toBe(false)
    expect(vivaldi.coordinate).toEqual(before)
  })

  test('the first samples move a node by no more than their own round trips', () => {
    const vivaldi = new Vivaldi({ seed: 1 })
    vivaldi.take('liar', 20, far(coordinateMsMax))
    expect(distanceMs(vivaldi.coordinate, { ...originCoordinate, height: 0 })).toBeLessThan(20)
  })

  test('one that lies all the time moves a node that others keep in place by a few ms', () => {
    const vivaldi = new Vivaldi({ seed: 1 })
    const honest = [far(40), far(-40), { ...originCoordinate, error: 0.05 }]
    const trip = (at: number): number => [40, 40, 0.5][at]!
    for (let round = 0; round < 300; round++) vivaldi.take(`${round % 3}`, trip(round % 3), honest[round % 3])
    const before = vivaldi.coordinate
    for (let round = 0; round < 300; round++) {
      vivaldi.take(`${round % 3}`, trip(round % 3), honest[round % 3])
      if (round % 3 === 0) vivaldi.take('liar', 1500, { ...far(coordinateMsMax), error: 0.0001 })
    }
    expect(distanceMs({ ...vivaldi.coordinate, height: 0 }, { ...before, height: 0 })).toBeLessThan(5)
  })
})

describe('the bytes of a coordinate', () => {
  test('say it to the microsecond', () => {
    const coordinate = { vector: [12.345, -10_000, 10_000, 0], height: 0.01, adjustment: -3.2, error: 0.1234 }
    expect(decodeCoordinate(encodeCoordinate(coordinate))).toEqual(coordinate)
  })

  test('of any content are read as a sane coordinate, or as none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 25, maxLength: 27 }), (bytes) => {
        const coordinate = decodeCoordinate(bytes)
        if (coordinate === undefined) return
        expect(isSane(coordinate)).toBe(true)
        expect(encodeCoordinate(coordinate)).toEqual(bytes)
      }),
    )
    expect(decodeCoordinate(new Uint8Array(26))).toBeUndefined()
    expect(decodeCoordinate(encodeCoordinate(originCoordinate).subarray(1))).toBeUndefined()
  })
})
