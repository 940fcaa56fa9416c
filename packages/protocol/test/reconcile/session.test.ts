import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bound, boundAt, firstBound, type KeyList, lastBound } from '../../src/reconcile/key.ts'
import { SetIndex } from '../../src/reconcile/set-index.ts'
import { decodeFrame } from '../../src/reconcile/frame-decode.ts'
import { encodeFrame } from '../../src/reconcile/frame-encode.ts'
import type { Frame } from '../../src/reconcile/frame.ts'
import { sketchSymbolsMax } from '../../src/reconcile/sketch.ts'
import { boundsOf, exchange, type Host } from './exchange.ts'
import { indexOf, keyOf, testSketchKey, textsOf } from './key-set.ts'

const everything = { from: firstBound, to: lastBound }
const setOf = (index: SetIndex, from = 0): string[] =>
  textsOf(boundsOf(index.keys({ from: boundAt(from), to: lastBound }, Infinity)))

/** Which of 3,000 keys a side has: all but some spans and some single ones, all at one time or not. */
const subset = fc.record({
  without: fc.array(fc.record({ from: fc.nat(3000), count: fc.oneof(fc.nat(5), fc.nat(3000)) }), { maxLength: 5 }),
  floor: fc.oneof(fc.constant(0), fc.nat(3000)),
})

describe('a session', () => {
  test.each(['sync', 'verify'] as const)('compares nothing where a floor is above its end (%s)', (mode) => {
    const [opens, answers] = [new SetIndex(testSketchKey), new SetIndex(testSketchKey)]
    answers.raiseFloor(2_000)
    answers.add(2_500, new Uint8Array(16).fill(1))
    const [a, b] = exchange({ index: opens, mode, end: 1_000 }, { index: answers })
    expect([a.reason, b.reason]).toEqual(['done', 'done'])
    expect(a.report).toMatchObject({ equal: true, from: 2_000, end: 2_000 })
  })

  test('leaves both sides with the same keys above both floors, whatever they had', () => {
    fc.assert(
      fc.property(subset, subset, fc.boolean(), fc.boolean(), (first, second, sketch, atOnce) => {
        const sides = [first, second].map(({ without, floor }) => {
          const gone = new Set(
            without.flatMap(({ from, count }) => Array.from({ length: count }, (_, at) => from + at)),
          )
          const serials = Array.from({ length: 3000 }, (_, serial) => serial).filter((serial) => !gone.has(serial))
          const index = indexOf(serials.map((serial) => keyOf(serial, atOnce ? 0 : serial + 1)))
          if (!atOnce) index.raiseFloor(floor)
          // Without a sketch, as while one is being built.
          if (!sketch) index.load(listAfter())
          return index
        })
        const [a, b] = sides as [SetIndex, SetIndex]
        const floor = Math.max(a.floor, b.floor)
        const union = [...new Set([...setOf(a, floor), ...setOf(b, floor)])].toSorted()
        const [opens, answers] = exchange({ index: a }, { index: b })
        expect([opens.reason, answers.reason]).toEqual(['done', 'done'])
        expect(setOf(a, floor).toSorted()).toEqual(union)
        expect(setOf(b, floor).toSorted()).toEqual(union)
        expect(opens.report).toMatchObject({ complete: true, from: floor })
      }),
      { numRuns: 40 },
    )
  })
})

test('differences beyond every bound of a session are found in several, and none breaks a bound of the peer', () => {
  const [a, b] = [new SetIndex(testSketchKey), new SetIndex(testSketchKey)]
  for (let serial = 0; serial < 240_000; serial++) {
    const { time, id } = keyOf(serial, serial)
    if (serial % 5 !== 0) a.add(time, id)
    if (serial % 5 !== 1) b.add(time, id)
  }
  const load: Host['load'] = (keys) => ({ records: [{ keys: [...keys.times.keys()], bytes: Uint8Array.of(1) }] })
  let sessions = 0
  for (let complete = false; !complete; sessions++) {
    const [opens, answers] = exchange({ index: a }, { index: b }, { opens: { load }, answers: { load } })
    expect([opens.reason, answers.reason]).toEqual(['done', 'done'])
    complete = opens.report!.complete
    expect(sessions).toBeLessThan(6)
  }
  expect([a.count, b.count]).toEqual([240_000, 240_000])
})

test('sets with equal counts and sums are still told apart', () => {
  const [one, two] = [keyOf(1, 10), keyOf(2, 10)]
  const other = (key: Bound, sign: number): Bound => ({
    time: 10,
    id: key.id.map((byte, at) => (at % 4 === 3 ? byte + sign : byte)),
  })
  // Neither addition carries, so the sum of both pairs is the same.
  const pair = [other(one, 1), other(two, -1)]
  const common = Array.from({ length: 3000 }, (_, serial) => keyOf(serial + 10, serial))
  const [a, b] = [indexOf([...common, one, two]), indexOf([...common, ...pair])]
  expect(a.summary(everything)).toEqual(b.summary(everything))
  const [opens] = exchange({ index: a }, { index: b })
  expect(opens.report).toMatchObject({ equal: false, lackedByUs: { missing: 2 }, lackedByPeer: { missing: 2 } })
  expect([a.count, b.count]).toEqual([3004, 3004])
})

test('sets that differ in no first symbol and in no sum are told apart by the symbol at random', () => {
  const common = Array.from({ length: 3000 }, (_, serial) => keyOf(serial + 1000, serial))
  const [a, b] = [
    indexOf(common),
    indexOf([...common, ...Array.from({ length: 200 }, (_, serial) => keyOf(serial, 10))]),
  ]
  const summaries: (Frame & { type: 'summary' })[] = []
  /** Answers as b does, but the first summary that was seen, save for the symbol at random. */
  const send = (frame: Uint8Array): Uint8Array => {
    const read = decodeFrame(frame)
    if (typeof read !== 'object' || read.type !== 'summary') return frame
    summaries.push(read)
    return encodeFrame({ ...summaries[0]!, probe: read.probe })
  }
  const equalWith = (index: SetIndex, random = 0): boolean =>
    exchange({ index: a, mode: 'verify' }, { index, random }, { answers: { send } })[0].report!.equal
  // As if the other keys of b had been chosen for that.
  expect(equalWith(indexOf(common))).toBe(true)
  const words = [a, b].map((index) => index.rangeSketch(everything)!.upTo(sketchSymbolsMax))
  const shown = [0, 0x4000_0000, 0x8000_0000, 0xc000_0000].map((random) => {
    const equal = equalWith(b, random)
    const at = summaries.at(-1)!.probe.index * 9 + 8
    expect(equal).toBe(words[0]![at] === words[1]![at])
    return !equal
  })
  expect(shown).toContain(true)
})

/** One key after all others, common to both. */
function listAfter(): KeyList {
  return indexOf([keyOf(5000, 5000)]).keys(everything, 1)
}
