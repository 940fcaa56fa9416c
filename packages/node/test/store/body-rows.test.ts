import { DatabaseSync } from 'node:sqlite'
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

test('a body that many messages of a topic cite counts once in it, and all of them stay', async () => {
  await withStore(async (store) => {
    const citing = Array.from({ length: 20 }, (_, index) => referring(index + 1, rootOf(1)))
    const elsewhere = { ...referring(30, rootOf(1)), topic: 'other' }
    await store.append([...citing, elsewhere])
    const bytes = citing.reduce((sum, record) => sum + record.bytes.length, 0)
    const counts = async (): Promise<object> =>
      Object.fromEntries((await store.state()).topics.map(({ topic, bytes: all }) => [topic, all]))
    const counted = { chat: bytes + size, other: elsewhere.bytes.length + size }
    expect(await counts()).toEqual(counted)
    await store.retain('chat', { size: 1.5 * size }, newYear)
    await store.scrub()
    expect(await counts()).toEqual(counted)
    await store.remove(
      'chat',
      citing.slice(1).map((_, index) => index + 1),
    )
    expect(await counts()).toEqual({ ...counted, chat: citing[19]!.bytes.length + size })
    await store.remove('chat', [20])
    expect(await counts()).toMatchObject({ chat: 0 })
    expect(await needed(store, 1)).toEqual([0])
  })
})

test('a store of the version before counts each body once from now on', async () => {
  await withFolder(async (path) => {
    const store = await Store.open({ path })
    await store.append([referring(1), referring(2, rootOf(1)), referring(3)])
    const { bytes } = (await store.state()).topics[0]!
    await store.close()
    const old = new DatabaseSync(path)
    old.exec(`
      ALTER TABLE body RENAME TO newer;
      DROP INDEX body_arrival; DROP INDEX body_root;
      CREATE TABLE body (
        root BLOB NOT NULL, arrival INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (root, arrival)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX body_arrival ON body (arrival);
      INSERT INTO body SELECT root, arrival, size FROM newer;
      DROP TABLE newer;
      UPDATE tally SET bytes = bytes + ${size};
      PRAGMA user_version = 5;
    `)
    old.close()
    const again = await Store.open({ path })
    expect(again.opened).toMatchObject({ movedAside: undefined, topics: [{ messages: 3, bytes }] })
    expect(await needed(again, 1, 2, 3)).toEqual([0, 2])
    await again.close()
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
