import { sha256 } from '../../src/id.ts'
import { encodeUtf8 } from '../../src/text.ts'
import { type Bound, compareBounds, putWord } from '../../src/reconcile/key.ts'
import { SetIndex } from '../../src/reconcile/set-index.ts'

/** The sketch key of tests. */
export const testSketchKey: Uint8Array = sha256(encodeUtf8('test')).slice(0, 16)

/** A key whose id follows from a number, at the author time given. */
export function keyOf(serial: number, time: number): Bound {
  const id = new Uint8Array(16)
  for (let word = 0; word < 4; word++) {
    let hash = Math.imul(serial * 4 + word + 1, 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    putWord(id, word * 4, hash ^ (hash >>> 16))
  }
  return { time, id }
}

/** Keys `from` to `to`, one a millisecond. */
export function keysOf(from: number, to: number): Bound[] {
  return Array.from({ length: to - from }, (_, index) =>
    keyOf(from + index, 1_767_225_600_000_000 + (from + index) * 1000),
  )
}

/** An index with these keys, its sketch built. */
export function indexOf(keys: readonly Bound[]): SetIndex {
  const index = new SetIndex(testSketchKey)
  for (const { time, id } of keys) index.add(time, id)
  return index
}

/** In the order of keys, as text, to compare sets. */
export function textsOf(keys: readonly Bound[]): string[] {
  return keys.toSorted(compareBounds).map(({ time, id }) => `${time}:${Buffer.from(id).toString('hex')}`)
}
