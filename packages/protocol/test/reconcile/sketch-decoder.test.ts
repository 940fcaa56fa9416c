import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstBound, KeyList, lastBound } from '../../src/reconcile/key.ts'
import { hashKeyFrom } from '../../src/reconcile/key-hash.ts'
import { SketchDecoder, symbolSize } from '../../src/reconcile/sketch-decoder.ts'
import { sketchSymbolsMax, type SymbolSource } from '../../src/reconcile/sketch.ts'
import { SmallSketch } from '../../src/reconcile/small-sketch.ts'
import { boundsOf } from './exchange.ts'
import { indexOf, keysOf, testSketchKey, textsOf } from './key-set.ts'

const everything = { from: firstBound, to: lastBound }

function symbolsOf(sketch: SymbolSource, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array((to - from) * symbolSize)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < (to - from) * 9; at++) view.setUint32(at * 4, sketch.upTo(to)[from * 9 + at]!)
  return bytes
}

/** A decoder of what two sets do not share, with `step` symbols at a time until all of it is found, or `symbolsMax`. */
function decoded(own: SymbolSource, peer: SymbolSource, step: number, symbolsMax: number): SketchDecoder {
  const decoder = new SketchDecoder(own)
  while (!decoder.complete && decoder.count < symbolsMax) {
    decoder.add(symbolsOf(peer, decoder.count, decoder.count + step))
    while (decoder.busy) decoder.advance(50)
  }
  return decoder
}

test('symbols show all differences of two sets, and no others', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.nat(1000), fc.nat(100_000), (ours, theirs, common, start) => {
      const shared = keysOf(start, start + common)
      const onlyOurs = keysOf(start + common, start + common + ours)
      const onlyTheirs = keysOf(start + common + ours, start + common + ours + theirs)
      const own = indexOf([...shared, ...onlyOurs]).rangeSketch(everything)!
      const peer = indexOf([...shared, ...onlyTheirs]).rangeSketch(everything)!
      const decoder = decoded(own, peer, 8, sketchSymbolsMax)
      expect(decoder.complete).toBe(true)
      expect(textsOf(boundsOf(decoder.ours))).toEqual(textsOf(onlyOurs))
      expect(textsOf(boundsOf(decoder.theirs))).toEqual(textsOf(onlyTheirs))
    }),
    { numRuns: 60 },
  )
})

// Two keys that lie in the same of the first n symbols need more than n: about 150 / n^4 of all pairs of keys do, which
// for 5 to 30 differences are one set in 2,000. So always the same sets, and how many may need more.
test.each([
  { differences: 1, sets: 1000, meanMax: 1 },
  { differences: 2, sets: 1000, meanMax: 1.7 },
  { differences: 5, sets: 1000, meanMax: 1.9 },
  { differences: 10, sets: 1000, meanMax: 1.8 },
  { differences: 30, sets: 500, meanMax: 1.65 },
  { differences: 100, sets: 200, meanMax: 1.5 },
  { differences: 1000, sets: 20, meanMax: 1.42 },
])(
  '$differences differences take 3 symbols each and 32 more in 998 of 1,000 sets, and $meanMax each in the mean',
  ({ differences, sets, meanMax }) => {
    const symbolsMax = 3 * differences + 32
    let needed = 0
    let longer = 0
    for (let set = 0; set < sets; set++) {
      const from = set * differences
      const middle = from + Math.floor(differences / 3)
      const decoder = decoded(sketchOf(from, middle), sketchOf(middle, from + differences), 1, symbolsMax)
      needed += decoder.count
      if (!decoder.complete) longer++
    }
    expect(longer).toBeLessThanOrEqual(sets / 500)
    expect(needed / sets / differences).toBeLessThanOrEqual(meanMax)
  },
)

function sketchOf(from: number, to: number): SymbolSource {
  const keys = new KeyList()
  for (const { time, id } of keysOf(from, to)) keys.push(time, id)
  return new SmallSketch(hashKeyFrom(testSketchKey), keys)
}

test('32 symbols tell how many differences there are, within a factor of 3', () => {
  for (const [ours, theirs] of [
    [100, 100],
    [1000, 0],
    [20, 2000],
    [3000, 3000],
  ] as const) {
    const decoder = new SketchDecoder(indexOf(keysOf(0, 2000 + ours)).rangeSketch(everything)!)
    decoder.add(
      symbolsOf(indexOf([...keysOf(0, 2000), ...keysOf(50_000, 50_000 + theirs)]).rangeSketch(everything)!, 0, 32),
    )
    decoder.advance(1000)
    const ratio = decoder.estimate() / (ours + theirs)
    expect(ratio).toBeGreaterThan(1 / 3)
    expect(ratio).toBeLessThan(3)
  }
})
