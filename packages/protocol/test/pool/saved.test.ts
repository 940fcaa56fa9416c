import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSaved, encodeSaved, type SavedLine } from '../../src/pool/saved.ts'

const line: fc.Arbitrary<SavedLine> = fc.oneof(
  fc.record({
    type: fc.constant('add' as const),
    id: fc.constantFrom('a', 'b', '0xc', 'with space', 'line\nend'),
    isLocal: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({ type: fc.constant('drop' as const), id: fc.constantFrom('a', 'b', '0xc', 'with space', 'line\nend') }),
)

function keptOf(lines: readonly SavedLine[]): SavedLine[] {
  const kept = new Map<string, SavedLine>()
  for (const each of lines) {
    if (each.type === 'add') kept.set(each.id, each)
    else kept.delete(each.id)
  }
  return [...kept.values()]
}

test('a saved pool comes back as it was, without what was dropped', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const saved = decodeSaved(lines.map(encodeSaved).join(''))
      expect(saved).toEqual({ kept: keptOf(lines), damaged: 0, lines: lines.length })
    }),
  )
})

test('a saved pool that was cut off, as in a crash, loses its last line only', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 10 }), fc.nat(), (lines, at) => {
      const texts = lines.map(encodeSaved)
      const last = texts.at(-1)!
      // At least its last character but the line end is gone.
      const cut = texts.slice(0, -1).join('') + last.slice(0, at % (last.length - 1))
      expect(decodeSaved(cut).kept).toEqual(keptOf(lines.slice(0, -1)))
    }),
  )
})

test('a line of a saved pool in which anything was changed does not count', () => {
  fc.assert(
    fc.property(line, fc.nat(), fc.nat(), (one, at, to) => {
      const text = encodeSaved(one).trimEnd()
      const place = at % text.length
      const damaged = text.slice(0, place) + String.fromCharCode(33 + (to % 90)) + text.slice(place + 1)
      if (damaged === text) return
      expect(decodeSaved(damaged)).toEqual({ kept: [], damaged: 1, lines: 1 })
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeSaved(text).kept.length === 0))
})
