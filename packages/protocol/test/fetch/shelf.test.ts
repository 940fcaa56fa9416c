import { expect, test } from 'vitest'
import { checkChunk } from '../../src/fetch/chunk-tree.ts'
import { Shelf } from '../../src/fetch/shelf.ts'
import { bodyOf, sha256 } from './fetch-world.ts'

const idOf = (number: number): Uint8Array => new Uint8Array(32).fill(number)

test('a shelf serves what was put last, with proofs, and says what it has', () => {
  const shelf = new Shelf({ bytesMax: 1_000_000, sha256 })
  const offers = [0, 1, 2, 3].map((number) => shelf.put(idOf(number), bodyOf(number, 300_000)))
  expect(shelf.offers()).toEqual(offers.slice(1))
  expect(shelf.bytes).toBe(900_000)
  const { root, size } = offers[3]!
  for (const index of [0, 1]) expect(checkChunk({ root, size, index, ...shelf.chunk(root, index)! })).toBe(true)
  expect([shelf.chunk(root, 2), shelf.chunk(root, -1), shelf.chunk(offers[0]!.root, 0)]).toEqual(
    Array(3).fill(undefined),
  )
  expect(shelf.put(idOf(3), bodyOf(3, 300_000))).toEqual(offers[3])
  expect(shelf.bytes).toBe(900_000)
})
