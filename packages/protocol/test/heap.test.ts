import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from '../src/heap.ts'

interface Item {
  key: number
  place: number
}

test('a heap always has its least item first, whatever comes, goes and changes', () => {
  const step = fc.tuple(fc.constantFrom('set', 'delete', 'reorder'), fc.nat(30), fc.nat(9))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const heap = new Heap<Item>((a, b) => a.key < b.key)
      const items = Array.from({ length: 31 }, (): Item => ({ key: 0, place: -1 }))
      const inside = new Set<Item>()
      for (const [what, index, key] of steps) {
        const item = items[index]!
        if (what === 'set') {
          item.key = key
          heap.set(item)
          inside.add(item)
        } else if (what === 'delete') {
          heap.delete(item)
          inside.delete(item)
        } else {
          for (const each of items) each.key = (each.key * 7 + key) % 10
          heap.reorder()
        }
        expect(heap.size).toBe(inside.size)
        expect(new Set(heap)).toEqual(inside)
        expect(heap.first?.key).toBe(
          inside.size === 0 ? undefined : Math.min(...Array.from(inside, (each) => each.key)),
        )
        expect(item.place >= 0).toBe(inside.has(item))
      }
      const keys: number[] = []
      for (let item = heap.first; item !== undefined; item = heap.first) {
        keys.push(item.key)
        heap.delete(item)
      }
      expect(keys).toEqual(keys.toSorted((a, b) => a - b))
    }),
  )
})
