import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/index.ts'
import { authorCalled, batchFrom, newYear, recordNumber } from './records.ts'
import { withStore } from './with-store.ts'

const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, index) => first + index)
const [ada, bob, eve] = [authorCalled('ada'), authorCalled('bob'), authorCalled('eve')]
const hex = (author: Uint8Array): string => Buffer.from(author).toString('hex')

async function held(store: Store, author?: Uint8Array): Promise<number[]> {
  const { records } = await store.search({ topic: 'chat', author, messagesMax: 10_000, bytesMax: 1 << 26 })
  return records.map(({ sequence }) => sequence)
}

async function indexed(store: Store): Promise<number> {
  const chunks = await Array.fromAsync(store.keys('chat'))
  return chunks.reduce((sum, { times }) => sum + times.length, 0)
}

describe('retention', () => {
  test('by time keeps what is young enough, and refuses what is too old from then on', async () => {
    await withStore(async (store) => {
      await store.append(numbers(2500).map((number) => recordNumber(number)))
      const now = newYear + 2_500_000
      const { floor, gone } = await store.retain('chat', { time: 1_000_000 }, now)
      expect(floor).toBe(newYear + 1_500_000)
      expect(gone.reduce((sum, { times }) => sum + times.length, 0)).toBe(1499)
      expect(await held(store)).toEqual(numbers(1001, 1500))
      expect(await store.append([recordNumber(3)])).toMatchObject([{ arrival: undefined, isExpired: true }])
      expect(await store.retain('chat', { time: 1_000_000 }, now)).toMatchObject({ floor, gone: [] })
    })
  })

  test('by number costs the author with more than half first, and nobody else', async () => {
    await withStore(async (store) => {
      await store.append(numbers(100).map((number) => recordNumber(number, { author: bob })))
      await store.append(numbers(2000, 101).map((number) => recordNumber(number, { author: eve })))
      const { floor, authorFloors, gone } = await store.retain('chat', { capacity: 1000 }, newYear)
      expect(floor).toBe(0)
      expect(await held(store, bob)).toEqual(numbers(100))
      const left = await held(store, eve)
      expect(left).toEqual(numbers(left.length, 2101 - left.length))
      expect(left.length).toBeGreaterThan(450)
      expect(left.length).toBeLessThanOrEqual(500)
      expect(authorFloors).toEqual({ [hex(eve)]: newYear + (left[0]! - 1) * 1000 + 1 })
      expect(gone.reduce((sum, { times }) => sum + times.length, 0)).toBe(2000 - left.length)
      expect(await store.append([recordNumber(101, { author: eve })])).toMatchObject([{ isExpired: true }])
      expect(await store.append([recordNumber(5000, { author: eve })])).toMatchObject([{ isExpired: false }])
    })
  })

  test('smaller than an envelope keeps the newest whole, and of several authors something', async () => {
    await withStore(async (store) => {
      await store.append([batchFrom(1, 100), batchFrom(101, 100)])
      const { floor } = await store.retain('chat', { capacity: 10 }, newYear)
      expect(await held(store)).toEqual([101])
      expect(floor).toBeGreaterThan(newYear)
      expect(await store.retain('chat', { size: 1 }, newYear)).toMatchObject({ floor, gone: [] })
      expect(await held(store)).toEqual([101])
      await store.append([batchFrom(201, 100, { author: bob }), batchFrom(301, 100, { author: eve })])
      await store.retain('chat', { capacity: 10 }, newYear)
      expect(await held(store)).toHaveLength(1)
    })
  })

  test('by number raises the floor where no author has more than half', async () => {
    await withStore(async (store) => {
      const authors = [ada, bob, eve]
      await store.append(numbers(3000).map((number) => recordNumber(number, { author: authors[number % 3]! })))
      const { floor, authorFloors } = await store.retain('chat', { capacity: 2500 }, newYear)
      const left = await held(store)
      expect(left).toEqual(numbers(left.length, 3001 - left.length))
      expect(left.length).toBeGreaterThan(2300)
      expect(left.length).toBeLessThanOrEqual(2500)
      expect([floor, authorFloors]).toEqual([newYear + (left[0]! - 1) * 1000 + 1, {}])
      expect(await indexed(store)).toBe(left.length)
    })
  })

  test('by number leaves a lone author all of it, and nothing happens within the limit', async () => {
    await withStore(async (store) => {
      await store.append(numbers(1000).map((number) => recordNumber(number)))
      expect(await store.retain('chat', { capacity: 1000 }, newYear)).toEqual({ floor: 0, authorFloors: {}, gone: [] })
      await store.append([recordNumber(1001)])
      await store.retain('chat', { capacity: 1000 }, newYear)
      const left = await held(store)
      expect(left.length).toBeGreaterThan(900)
      expect(left.at(-1)).toBe(1001)
    })
  })

  test('by size counts wire bytes, also on a topic whose ids are by content', async () => {
    await withStore(async (store) => {
      const bytes = new Uint8Array(10_000)
      const authors = [ada, bob, eve]
      await store.append(
        numbers(100).map((number) => recordNumber(number, { bytes, keyTime: 0, author: authors[number % 3]! })),
      )
      await store.retain('chat', { size: 500_000 }, newYear)
      const [topic] = (await store.state()).topics
      expect(topic!.bytes).toBeLessThanOrEqual(500_000)
      expect(topic!.bytes).toBeGreaterThan(400_000)
      expect(await indexed(store)).toBe(topic!.messages)
      expect((await held(store)).at(-1)).toBe(100)
    })
  })
})
