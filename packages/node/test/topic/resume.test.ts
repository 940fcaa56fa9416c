import type { GapView, Message } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { cursorOf, readCursor } from '../../src/cursor.ts'
import type { Reader } from '../../src/topic/reader.ts'
import { RecentMessages } from '../../src/topic/recent.ts'
import { TopicTable } from '../../src/topic/table.ts'

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
  const table = new TopicTable(new Uint8Array(32))
  for (const name of names) table.hold(name)
  return table
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
  table.deliver([message(1), message(2, 'b'), message(3)])
  const items = first[Symbol.asyncIterator]()
  await items.next()
  const { position } = first
  first.close()
  table.deliver([message(4), message(5, 'b')])
  const again = table.read({ names: ['a'], after: position })
  table.deliver([message(6)])
  expect(await all(again)).toEqual([3, 4, 6])
})

test('a glob resumes over all topics that match', async () => {
  const table = tableWith('a', 'ab', 'c')
  table.deliver([message(1), message(2, 'ab'), message(3, 'c')])
  expect(await all(table.read({ names: [], globs: ['a*'], after: 0 }))).toEqual([1, 2])
})

test('where the past is gone, or from another life, there is a gap of unknown size in its place', async () => {
  const table = tableWith('a')
  for (let sequence = 1; sequence <= 2_000; sequence++) table.deliver([message(sequence)])
  for (const after of [5, 'unknown', 9_999] as const) {
    const reader = table.read({ names: ['a'], after })
    table.deliver([message(0)])
    expect(await all(reader)).toEqual(['gap unknown', 0])
  }
})

test('the position behind a gap is that of the last message missed, so that the gap comes once', async () => {
  const table = tableWith('a')
  const reader = table.read({ names: ['a'] })
  for (let sequence = 1; sequence <= 20; sequence++) table.deliver([message(sequence, 'a', new Uint8Array(1 << 20))])
  const items = reader[Symbol.asyncIterator]()
  for (let taken = 0; taken < 15; taken++) await items.next()
  expect(reader.position).toBe(15)
  expect((await items.next()).value).toEqual({ gap: { missed: 5 } })
  expect(reader.position).toBe(20)
})

test('1,024 messages are kept, or 4 MiB, counting what their envelopes keep alive', () => {
  const recent = new RecentMessages()
  expect(recent.after(0)).toEqual([])
  for (let number = 1; number <= 3_000; number++) expect(recent.add(message(number))).toBe(number)
  expect(recent.after(3_000 - 1_025)).toBeUndefined()
  expect(recent.after(3_000 - 1_024)?.map(({ message: { sequence } }) => sequence)).toEqual(
    Array.from({ length: 1_024 }, (_, index) => 3_000 - 1_023 + index),
  )
  // A hundred messages share an envelope of 1 MiB: four of those fit, less the cost of the entries.
  for (let envelope = 0; envelope < 8; envelope++) {
    const bytes = new Uint8Array(1 << 20)
    for (let index = 0; index < 100; index++) recent.add(message(0, 'a', bytes.subarray(index, index + 1)))
  }
  let kept = 0
  while (recent.after(recent.last - kept - 1) !== undefined) kept++
  expect(kept).toBeGreaterThanOrEqual(300)
  expect(kept).toBeLessThanOrEqual(400)
})

test('a cursor means something to the life of the node that gave it only', () => {
  expect(readCursor(cursorOf(170, 5), 170)).toBe(5)
  for (const cursor of ['', '5', '170-', '-5', '171-5', '170-5-1', '170-5x', '170-1e3', `170-${'9'.repeat(20)}`]) {
    expect(readCursor(cursor, 170)).toBe('unknown')
  }
})
