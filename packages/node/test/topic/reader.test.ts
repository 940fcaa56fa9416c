import type { GapView, Message } from '@grapevine/protocol'
import { expect, test, vi } from 'vitest'
import { Reader } from '../../src/topic/reader.ts'

const message = (sequence: number, bytes = 10): Message => ({
  id: new Uint8Array(32),
  topic: 't',
  author: new Uint8Array(32),
  epoch: 1,
  sequence,
  time: 1,
  payload: new Uint8Array(bytes),
})

const show = (item: Message | GapView): number | string => ('gap' in item ? `gap ${item.gap.missed}` : item.sequence)

test('a reader gets messages in order, those from before it waits and those from after', async () => {
  const reader = new Reader(() => {})
  reader.push(message(1))
  const iterator = reader[Symbol.asyncIterator]()
  expect(show((await iterator.next()).value!)).toBe(1)
  const waiting = iterator.next()
  reader.push(message(2))
  reader.push(message(3))
  expect(show((await waiting).value!)).toBe(2)
  expect(show((await iterator.next()).value!)).toBe(3)
})

test('a reader that is too slow gets a gap with the number missed, in its place, and then what came later', async () => {
  const reader = new Reader(() => {})
  const kept: (number | string)[] = []
  const iterator = reader[Symbol.asyncIterator]()
  for (let sequence = 0; sequence < 30; sequence++) reader.push(message(sequence, 1 << 20))
  for (let index = 0; index < 15; index++) kept.push(show((await iterator.next()).value!))
  reader.push(message(30, 100))
  reader.push(message(31, 100))
  for (let index = 0; index < 3; index++) kept.push(show((await iterator.next()).value!))
  expect(kept).toEqual([...Array.from({ length: 15 }, (_, index) => index), 'gap 15', 30, 31])
})

test('a gap at the end is told without waiting for another message', async () => {
  const reader = new Reader(() => {})
  for (let sequence = 0; sequence < 20; sequence++) reader.push(message(sequence, 1 << 20))
  reader.close()
  const items: (number | string)[] = []
  for await (const item of reader) items.push(show(item))
  expect(items.at(-1)).toBe('gap 5')
})

test('a closed reader ends after what it holds, once, and takes no more', async () => {
  const onClose = vi.fn<() => void>()
  const reader = new Reader(onClose)
  reader.push(message(1))
  const pending = (async () => {
    const items: (number | string)[] = []
    for await (const item of reader) items.push(show(item))
    return items
  })()
  reader.close()
  reader.close()
  reader.push(message(2))
  expect(await pending).toEqual([1])
  expect(onClose).toHaveBeenCalledOnce()
})

test('leaving the loop closes the reader', async () => {
  const onClose = vi.fn<() => void>()
  const reader = new Reader(onClose)
  reader.push(message(1))
  for await (const item of reader) if (show(item) === 1) break
  expect(onClose).toHaveBeenCalledOnce()
})

test('many small messages pass through a reader in order', async () => {
  const reader = new Reader(() => {})
  for (let sequence = 0; sequence < 5_000; sequence++) reader.push(message(sequence, 0))
  reader.close()
  let next = 0
  for await (const item of reader) expect(show(item)).toBe(next++)
  expect(next).toBe(5_000)
})
