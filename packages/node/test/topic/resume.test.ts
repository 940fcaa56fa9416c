import type { GapView, Message } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { cursorOf, readCursor } from '../../src/cursor.ts'
import type { Reader } from '../../src/topic/reader.ts'
import { RecentMessages } from '../../src/topic/recent.ts'
import { TopicTable } from '../../src/topic/table.ts'
import { topicOf } from '../../src/topic/topic.ts'

const message = (sequence: number, topic = 'a', payload: Uint8Array = new Uint8Array(10)): Message => ({
  id: new Uint8Array(32),
  topic,
  author: new Uint8Array(32),
  epoch: 1,
  sequence,
  time: 1,
  payload,
})

function tableWith(...names: readonly string[]): TopicTable {
  const table = new TopicTable({ id: new Uint8Array(32), dialect: 'grapevine' })
  for (const name of names) table.hold(topicOf({ name, delivery: 'best-effort' }))
  return table
}

function deliver(table: TopicTable, ...messages: readonly Message[]): void {
  for (const one of messages) table.deliver([one])
}

async function all(reader: Reader): Promise<(number | string)[]> {
  reader.close()
  const items: (Message | GapView)[] = []
  for await (const item of reader) items.push(item)
  return items.map((item) => ('gap' in item ? `gap ${item.gap.missed ?? 'unknown'}` : item.sequence))
}

test('a reader that comes back gets what it missed of its own topics, once, and then what comes', async () => {
  const table = tableWith('a', 'b')
  const first = table.read({ names: ['a'] })
  deliver(table, message(1), message(2, 'b'), message(3))
  const items = first[Symbol.asyncIterator]()
  await items.next()
  const { position } = first
  first.close()
  deliver(table, message(4), message(5, 'b'))
  const again = table.read({ names: ['a'], after: position })
  deliver(table, message(6))
  expect(await all(again)).toEqual([3, 4, 6])
})

test('a glob resumes over all topics that match, also those held later', async () => {
  const table = tableWith('a', 'ab', 'c')
  deliver(table, message(1), message(2, 'ab'), message(3, 'c'))
  const reader = table.read({ names: [], globs: ['a*'], after: { number: 0, arrival: 0 } })
  table.hold(topicOf({ name: 'ax', delivery: 'best-effort' }))
  deliver(table, message(4, 'ax'))
  expect(await all(reader)).toEqual([1, 2, 4])
})

test('where the past is gone there is a gap of unknown size in its place', async () => {
  const table = tableWith('a')
  for (let sequence = 1; sequence <= 40_000; sequence++) deliver(table, message(sequence))
  const reader = table.read({ names: ['a'], after: { number: 5, arrival: 0 } })
  expect((await all(reader)).slice(0, 2)).toEqual(['gap unknown', 40_000 - 32_767])
})

test('the position behind a gap is that of the last message missed, so that the gap comes once', async () => {
  const table = tableWith('a')
  const reader = table.read({ names: ['a'] })
  for (let sequence = 1; sequence <= 20; sequence++) deliver(table, message(sequence, 'a', new Uint8Array(1 << 20)))
  const items = reader[Symbol.asyncIterator]()
  expect((await items.next()).value).toEqual({ gap: { missed: 5 } })
  expect(reader.position.number).toBe(5)
})

test('32,768 messages are in memory, or 16 MiB, counting what their envelopes keep alive', () => {
  const recent = new RecentMessages()
  for (let number = 1; number <= 40_000; number++) expect(recent.add(message(number))).toBe(number)
  expect(recent.last - recent.oldest + 1).toBe(32_768)
  expect(recent.at(recent.oldest).message.sequence).toBe(recent.oldest)
  // A hundred messages share an envelope of 1 MiB: 15 of those fit beside the cost of their entries.
  for (let envelope = 0; envelope < 20; envelope++) {
    const bytes = new Uint8Array(1 << 20)
    for (let index = 0; index < 100; index++) recent.add(message(0, 'a', bytes.subarray(index, index + 1)))
  }
  const count = recent.last - recent.oldest + 1
  expect(count).toBeGreaterThanOrEqual(1_400)
  expect(count).toBeLessThanOrEqual(1_600)
})

test('a cursor counts in its own life; in another life only what the store numbered; of another log nothing', () => {
  const scope = { epoch: 170, logEpoch: '0123abcd' }
  const cursor = cursorOf(scope, { number: 5, arrival: 7 })
  expect(readCursor(cursor, scope)).toEqual({ number: 5, arrival: 7 })
  expect(readCursor(cursor, { ...scope, epoch: 171 })).toEqual({ number: 0, arrival: 7 })
  expect(readCursor(cursor, { ...scope, logEpoch: '0123abce' })).toBeUndefined()
  for (const text of ['', '170-5', '170-5-0123abcd', '170-5-0123abcd--1', `${'9'.repeat(16)}-1-0123abcd-1`]) {
    expect(readCursor(text, scope)).toBeUndefined()
  }
})
