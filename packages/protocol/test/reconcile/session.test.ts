import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundAt, firstBound, type KeyList, lastBound } from '../../src/reconcile/key.ts'
import type { SetIndex } from '../../src/reconcile/set-index.ts'
import { boundsOf, exchange } from './exchange.ts'
import { indexOf, keyOf, textsOf } from './key-set.ts'

const everything = { from: firstBound, to: lastBound }
const setOf = (index: SetIndex, from = 0): string[] =>
  textsOf(boundsOf(index.keys({ from: boundAt(from), to: lastBound }, Infinity)))

/** Which of 3,000 keys a side has: all but some spans and some single ones, all at one time or not. */
const subset = fc.record({
  without: fc.array(fc.record({ from: fc.nat(3000), count: fc.oneof(fc.nat(5), fc.nat(3000)) }), { maxLength: 5 }),
  floor: fc.oneof(fc.constant(0), fc.nat(3000)),
})

describe('a session', () => {
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
      { numRuns: 100 },
    )
  })
})

/** One key after all others, common to both. */
function listAfter(): KeyList {
  return indexOf([keyOf(5000, 5000)]).keys(everything, 1)
}
