import type { GapView, Message } from '@grapevine/protocol'
import { expect, test, vi } from 'vitest'
import { Reader, type Past, type ReaderOptions } from '../../src/topic/reader.ts'
import { RecentMessages } from '../../src/topic/recent.ts'

const message = (sequence: number, options: Partial<Message> = {}): Message => ({
  id: new Uint8Array(32),
  topic: 't',
  author: new Uint8Array(32),
  epoch: 1,
  sequence,
  time: 1,
  payload: new Uint8Array(10),
  ...options,
})

/** A message that the store has, under its sequence as arrival number. */
const kept = (sequence: number, options: Partial<Message> = {}): Message =>
  message(sequence, { arrival: sequence, ...options })

const mebibyte = (): Uint8Array => new Uint8Array(1 << 20)

const show = (item: Message | GapView): number | string =>
  'gap' in item ? `gap ${item.gap.missed ?? 'unknown'}` : item.sequence

const read = (recent: RecentMessages, options: Partial<ReaderOptions> = {}): Reader =>
  new Reader({ recent, topics: ['t'], onClose: () => {}, ...options })

async function rest(reader: Reader): Promise<(number | string)[]> {
  reader.close()
  const items: (number | string)[] = []
  for await (const item of reader) items.push(show(item))
  return items
}

/** A store of messages 1 to `count`, in pages of 100; every third is on topic `u`. */
function pastOf(count: () => number): Past & { readonly asked: number[] } {
  const asked: number[] = []
  return {
    asked,
    page(topics, after) {
      asked.push(after)
      const upTo = Math.min(count(), after + 100)
      const found = Array.from({ length: upTo - after }, (_, index) => topicOf(after + 1 + index))
      return Promise.resolve({ messages: found.filter(({ topic }) => topics.has(topic)), upTo, isCut: upTo < count() })
    },
    whole: (found) => Promise.resolve(found),
  }
}

const topicOf = (sequence: number): Message => kept(sequence, { topic: sequence % 3 === 0 ? 'u' : 't' })

test('a reader gets messages in order, those from before it waits and those from after', async () => {
  const recent = new RecentMessages()
  const reader = read(recent)
  recent.add(message(1))
  const iterator = reader[Symbol.asyncIterator]()
  expect(show((await iterator.next()).value!)).toBe(1)
  const waiting = iterator.next()
  recent.add(message(2))
  recent.add(message(3))
  reader.wake()
  expect(show((await waiting).value!)).toBe(2)
  expect(show((await iterator.next()).value!)).toBe(3)
})

test('what only memory had and a slow reader missed is counted in a gap, in its place', async () => {
  const recent = new RecentMessages()
  const reader = read(recent)
  const iterator = reader[Symbol.asyncIterator]()
  for (let sequence = 0; sequence < 30; sequence++) recent.add(message(sequence, { payload: mebibyte() }))
  expect(show((await iterator.next()).value!)).toBe('gap 15')
  expect(show((await iterator.next()).value!)).toBe(15)
  for (let sequence = 30; sequence < 60; sequence++) recent.add(message(sequence, { payload: mebibyte() }))
  recent.add(message(60, { topic: 'u', payload: mebibyte() }))
  expect(show((await iterator.next()).value!)).toBe('gap 30')
  expect(show((await iterator.next()).value!)).toBe(46)
})

test('a slow reader of a topic that is kept misses nothing: it reads on in the store, and then in memory', async () => {
  const recent = new RecentMessages()
  const past = pastOf(() => 250)
  const reader = read(recent, { past })
  for (let sequence = 1; sequence <= 250; sequence++) recent.add({ ...topicOf(sequence), payload: mebibyte() })
  const iterator = reader[Symbol.asyncIterator]()
  const expected = Array.from({ length: 250 }, (_, index) => index + 1).filter((sequence) => sequence % 3 !== 0)
  for (const sequence of expected) expect(show((await iterator.next()).value!)).toBe(sequence)
  expect(past.asked.length).toBeGreaterThan(0)
  recent.add(kept(251))
  expect(show((await iterator.next()).value!)).toBe(251)
})

test('a reader from the past goes on without gap or repeat, whatever comes while it reads', async () => {
  let count = 150
  const recent = new RecentMessages(150)
  const past = pastOf(() => count)
  const reader = read(recent, { past, topics: ['t', 'u'], after: { number: 0, arrival: 20 } })
  const items: number[] = []
  for await (const item of reader) {
    items.push(show(item) as number)
    if (items.length % 10 === 0 && count < 400) recent.add(topicOf(++count))
    if (items.at(-1) === count) break
  }
  expect(items).toEqual(Array.from({ length: count - 20 }, (_, index) => index + 21))
})

test('a reader in the past asks for each page once, and for the next while it reads one', async () => {
  const recent = new RecentMessages(350)
  const past = pastOf(() => 350)
  const reader = read(recent, { past, topics: ['t', 'u'], after: { number: 0, arrival: 0 } })
  const iterator = reader[Symbol.asyncIterator]()
  expect(show((await iterator.next()).value!)).toBe(1)
  expect(past.asked).toEqual([0, 100])
  for (let sequence = 2; sequence <= 350; sequence++) expect(show((await iterator.next()).value!)).toBe(sequence)
  expect(past.asked).toEqual([0, 100, 200, 300])
})

test('a reader that follows another topic while it reads the past does not miss what that has in the next page', async () => {
  const recent = new RecentMessages(200)
  const past = pastOf(() => 200)
  const reader = read(recent, { past, after: { number: 0, arrival: 0 } })
  const iterator = reader[Symbol.asyncIterator]()
  await iterator.next()
  reader.follow('u')
  const found: (number | string)[] = []
  while (found.at(-1) !== 200) found.push(show((await iterator.next()).value!))
  expect(found.filter((sequence) => Number(sequence) > 100)).toEqual(Array.from({ length: 100 }, (_, at) => 101 + at))
})

test('only what is wanted comes from the store; what is new comes in any case', async () => {
  const recent = new RecentMessages(9)
  const past = pastOf(() => 9)
  const wants = ({ sequence }: Message): boolean => sequence > 6
  const reader = read(recent, { past, after: { number: 0, arrival: 0 }, wants })
  recent.add(kept(10, { sequence: 1 }))
  const iterator = reader[Symbol.asyncIterator]()
  const items = [await iterator.next(), await iterator.next(), await iterator.next()]
  expect(items.map(({ value }) => show(value!))).toEqual([7, 8, 1])
})

test('the store is not asked while memory has all that a reader lacks, whosever it is', async () => {
  const recent = new RecentMessages()
  const past = pastOf(() => 0)
  const reader = read(recent, { past })
  const iterator = reader[Symbol.asyncIterator]()
  for (let sequence = 1; sequence <= 100; sequence++) {
    recent.add(kept(sequence, { topic: sequence % 10 === 0 ? 't' : 'other', payload: mebibyte() }))
    if (sequence % 10 === 0) expect(show((await iterator.next()).value!)).toBe(sequence)
  }
  expect(past.asked).toEqual([])
})

test('a torn reader begins with a gap of unknown size', async () => {
  const recent = new RecentMessages()
  const reader = read(recent, { isTorn: true })
  recent.add(message(1))
  expect(await rest(reader)).toEqual(['gap unknown', 1])
})

test('a closed reader ends after what came before, once, and gets no more', async () => {
  const recent = new RecentMessages()
  const onClose = vi.fn<() => void>()
  const reader = read(recent, { onClose })
  recent.add(message(1))
  reader.close()
  reader.close()
  recent.add(message(2))
  expect(await rest(reader)).toEqual([1])
  expect(onClose).toHaveBeenCalledOnce()
})

test('leaving the loop closes the reader', async () => {
  const recent = new RecentMessages()
  const onClose = vi.fn<() => void>()
  const reader = read(recent, { onClose })
  recent.add(message(1))
  for await (const item of reader) if (show(item) === 1) break
  expect(onClose).toHaveBeenCalledOnce()
})

test('while nobody reads, memory keeps a thousand of what the store has, and all of what it has not', () => {
  const recent = new RecentMessages()
  for (let sequence = 1; sequence <= 5_000; sequence++) recent.add(kept(sequence), false)
  expect([recent.oldest, recent.last, recent.arrivalGone]).toEqual([3_977, 5_000, 3_976])
  recent.add(message(1), false)
  for (let sequence = 5_001; sequence <= 10_000; sequence++) recent.add(kept(sequence), false)
  expect([recent.at(recent.oldest).loose, recent.lastLooseGone]).toEqual([1, 0])
  for (let sequence = 1; sequence <= 40_000; sequence++) recent.add(message(sequence), false)
  expect(recent.lastLooseGone).toBeGreaterThan(5_001)
})
