import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstBound, lastBound } from '../../src/reconcile/key.ts'
import { SketchDecoder, symbolSize } from '../../src/reconcile/sketch-decoder.ts'
import type { SymbolSource } from '../../src/reconcile/sketch.ts'
import { boundsOf } from './exchange.ts'
import { indexOf, keysOf, textsOf } from './key-set.ts'

const everything = { from: firstBound, to: lastBound }

function symbolsOf(sketch: SymbolSource, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array((to - from) * symbolSize)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < (to - from) * 9; at++) view.setUint32(at * 4, sketch.upTo(to)[from * 9 + at]!)
  return bytes
}

test('symbols show all differences of two sets, in 3 symbols a difference and 32 more', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.nat(1000), fc.nat(100_000), (ours, theirs, common, start) => {
      const shared = keysOf(start, start + common)
      const onlyOurs = keysOf(start + common, start + common + ours)
      const onlyTheirs = keysOf(start + common + ours, start + common + ours + theirs)
      const decoder = new SketchDecoder(indexOf([...shared, ...onlyOurs]).rangeSketch(everything)!)
      const sketch = indexOf([...shared, ...onlyTheirs]).rangeSketch(everything)!
      while (!decoder.complete && decoder.count < 32 + 3 * (ours + theirs)) {
        decoder.add(symbolsOf(sketch, decoder.count, decoder.count + 8))
        while (decoder.busy) decoder.advance(50)
      }
      expect(decoder.complete).toBe(true)
      expect(textsOf(boundsOf(decoder.ours))).toEqual(textsOf(onlyOurs))
      expect(textsOf(boundsOf(decoder.theirs))).toEqual(textsOf(onlyTheirs))
    }),
    { numRuns: 60 },
  )
})

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
