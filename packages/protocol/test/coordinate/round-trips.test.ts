import { expect, test } from 'vitest'
import {
  decodeCoordinate,
  encodeCoordinate,
  originCoordinate,
  roundTripOf,
  RoundTrips,
} from '@grapevine/protocol/coordinate'

const at = (ms: number): Uint8Array => encodeCoordinate({ ...originCoordinate, vector: [ms, 0, 0, 0], error: 0.05 })

/** One that measures 60 ms to a place a second, and how often it wrote. */
function writesOf({ owners, seconds }: { owners: number; seconds: number }): number[] {
  const trips = new RoundTrips({ seed: 3 })
  const times: number[] = []
  for (let second = 1; second <= seconds; second++) {
    const value = trips.measured({ peer: 'a', ms: 60, place: at(100) }, { now: second * 1000, owners })
    if (value !== undefined) times.push(second)
  }
  return times
}

test('a coordinate is written once it is worth something, and not again while it stays', () => {
  const [first, ...more] = writesOf({ owners: 3, seconds: 600 })
  expect(first).toBeGreaterThanOrEqual(10)
  expect(first).toBeLessThan(60)
  expect(more.length).toBeLessThan(4)
})

test('a node that keeps moving writes every half minute, and the more rarely the more nodes there are', () => {
  const writes = (owners: number): number[] => {
    const trips = new RoundTrips({ seed: 3 })
    const times: number[] = []
    for (let second = 1; second <= 1200; second++) {
      // The network becomes slower and slower.
      const ms = 20 + second / 4
      const value = trips.measured({ peer: `p${second % 7}`, ms, place: at(0) }, { now: second * 1000, owners })
      if (value !== undefined) times.push(second)
    }
    return times
  }
  const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, index) => time - times[index]!)
  expect(Math.min(...gaps(writes(5)))).toBeGreaterThanOrEqual(30)
  expect(writes(5).length).toBeGreaterThan(5)
  expect(Math.min(...gaps(writes(80)))).toBeGreaterThanOrEqual(400)
})

test('what a peer tells is kept, also if it is not moved by it, and nonsense is not', () => {
  const trips = new RoundTrips({ seed: 3 })
  const known = { now: 1000, owners: 2 }
  trips.measured({ peer: 'a', ms: 30, place: at(50) }, known)
  trips.measured({ peer: 'b', ms: 30, place: new Uint8Array(26) }, known)
  trips.measured({ peer: 'c', ms: 30, place: undefined }, known)
  expect(trips.told('a')).toEqual(decodeCoordinate(at(50)))
  expect(trips.told('b')).toBeUndefined()
  expect([trips.measuredMs('a'), trips.measuredMs('b'), trips.samples]).toEqual([30, 30, 1])
  trips.forget('a')
  expect([trips.told('a'), trips.measuredMs('a')]).toEqual([undefined, undefined])
})

test('a node begins where its last life ended, if what it wrote makes sense', () => {
  const trips = new RoundTrips({ seed: 3 })
  trips.restore(new Uint8Array(26))
  expect(trips.coordinate.vector).toEqual([0, 0, 0, 0])
  trips.restore(at(70))
  expect(trips.coordinate.vector).toEqual([70, 0, 0, 0])
})

test('an estimate says how sure the less sure of the two is', () => {
  const [near, there] = [decodeCoordinate(at(0))!, { ...decodeCoordinate(at(30))!, error: 0.4 }]
  expect(roundTripOf(near, there)).toEqual({ estimateMs: 30, error: 0.4 })
})
