import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OutboxEntry } from '../../src/outbox/entry.ts'
import { TopicOutbox } from '../../src/outbox/topic-outbox.ts'
import { Store } from '../../src/store/index.ts'
import { authorCalled, recordNumber } from '../store/records.ts'

const self = authorCalled('ada')
let folder: string
let store: Store

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gv-outbox-'))
  store = await Store.open({ path: join(folder, 'store.db') })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The outbox of `chat` as a node that starts finds it. */
async function restarted(): Promise<TopicOutbox> {
  const [mark] = await store.ask('outbox.marks', undefined)
  const outbox = new TopicOutbox('chat', store, self, mark)
  await outbox.load()
  return outbox
}

async function publish(outbox: TopicOutbox, sequence: number): Promise<OutboxEntry> {
  const record = recordNumber(sequence, { via: 'own', from: undefined })
  await store.append([record])
  const { topic, epoch, time } = record
  const entry: OutboxEntry = { topic, epoch, sequence, time, messages: 1, state: 'queued', sent: new Set() }
  outbox.add(entry)
  return entry
}

const sequences = (outbox: TopicOutbox): number[] => [...outbox.entries].map(({ sequence }) => sequence)

test('what nobody holds is there again after a restart, and what is held up to a mark is not', async () => {
  const outbox = await restarted()
  const entries = [await publish(outbox, 1), await publish(outbox, 2), await publish(outbox, 3)]
  await store.append([recordNumber(4, { author: authorCalled('bob') })])
  expect(sequences(await restarted())).toEqual([1, 2, 3])
  outbox.remove(entries[1]!)
  await outbox.save()
  // The first one holds the mark back: the second is asked about once more.
  expect(sequences(await restarted())).toEqual([1, 2, 3])
  outbox.remove(entries[0]!)
  await outbox.save()
  expect(sequences(await restarted())).toEqual([3])
  outbox.remove(entries[2]!)
  await outbox.save()
  expect(sequences(await restarted())).toEqual([])
})

test('what was said while nobody was there is known not to have left, until somebody comes', async () => {
  const outbox = await restarted()
  const early = await publish(outbox, 1)
  const late = await publish(outbox, 2)
  outbox.closed(late)
  await outbox.save()
  expect([outbox.isKept(early), outbox.isKept(late)]).toEqual([false, true])
  const again = await restarted()
  expect([...again.entries].map(({ state }) => state)).toEqual(['sent', 'queued'])
  again.opened()
  await again.save()
  expect((await restarted()).isKept(late)).toBe(false)
})

test('what is published while the disk is read is there once, in its place', async () => {
  await store.append(Array.from({ length: 50 }, (_, index) => recordNumber(index + 1, { via: 'own' })))
  const outbox = new TopicOutbox('chat', store, self, undefined)
  const loading = outbox.load()
  const later = [publish(outbox, 51), publish(outbox, 52)]
  await Promise.all([loading, ...later])
  await outbox.load()
  expect(sequences(outbox)).toEqual(Array.from({ length: 52 }, (_, index) => index + 1))
})

test('memory holds a window; the rest comes from disk as it empties', async () => {
  const count = 9_000
  await store.append(Array.from({ length: count }, (_, index) => recordNumber(index + 1, { via: 'own' })))
  const outbox = await restarted()
  expect(outbox.size).toBe(4096)
  const seen = new Set<number>()
  await publish(outbox, count + 1)
  for (;;) {
    await outbox.load()
    if (outbox.size === 0) break
    for (const entry of [...outbox.entries].slice(0, 1000)) {
      seen.add(entry.sequence)
      outbox.remove(entry)
    }
  }
  expect(seen.size).toBe(count + 1)
  await outbox.save()
  expect(sequences(await restarted())).toEqual([])
})
