import { encodeBody, encodeBodyReference, encodeEnvelope } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { Store, type StoreRecord } from '../../src/store/index.ts'
import { authorCalled, newYear, recordNumber } from './records.ts'
import { withFolder, withStore } from './with-store.ts'

const size = 1_000_000
const rootOf = (number: number): Uint8Array => new Uint8Array(32).fill(number)

/** A record whose body is elsewhere. */
function referring(number: number, root = rootOf(number)): StoreRecord {
  const reference = { size, root }
  const [author, time] = [authorCalled('ada'), newYear + number * 1000]
  const messages = [encodeBodyReference(reference)]
  const bytes = encodeBody({ author, epoch: 7, sequence: number, time, parents: [], messages, reference })
  return recordNumber(number, { bytes: encodeEnvelope(bytes, new Uint8Array(64)) })
}

const needed = (store: Store, ...numbers: readonly number[]): Promise<readonly number[]> =>
  store.ask('body.needed', numbers.map(rootOf))

test('the store knows which bodies its records need, until the last of them is gone', async () => {
  await withStore(async (store) => {
    await store.append([referring(1), referring(2), referring(3, rootOf(1)), recordNumber(4)])
    expect(await needed(store, 1, 2, 3)).toEqual([0, 1])
    await store.remove('chat', [1, 2])
    expect(await needed(store, 1, 2, 3)).toEqual([0])
    await store.removeTopic('chat')
    expect(await needed(store, 1, 2, 3)).toEqual([])
  })
})

test('bodies count in what is kept of a topic, and go with the oldest messages', async () => {
  await withStore(async (store) => {
    const records = Array.from({ length: 8 }, (_, index) => referring(index + 1))
    await store.append(records)
    const bytes = records.reduce((sum, record) => sum + record.bytes.length, 0)
    expect((await store.state()).topics).toMatchObject([{ messages: 8, bytes: bytes + 8 * size }])
    await store.retain('chat', { size: 4.5 * size }, newYear)
    expect((await store.state()).topics).toMatchObject([{ messages: 4 }])
    expect(await needed(store, 1, 2, 3, 4, 5, 6, 7, 8)).toEqual([4, 5, 6, 7])
  })
})

test('a scrub finds nothing wrong, and a store that is opened again needs the same bodies', async () => {
  await withFolder(async (path) => {
    const store = await Store.open({ path })
    await store.append([referring(1), referring(2)])
    expect(await store.scrub()).toMatchObject({ damaged: 0 })
    await store.close()
    const again = await Store.open({ path })
    expect(await needed(again, 1, 2, 3)).toEqual([0, 1])
    await again.close()
  })
})
