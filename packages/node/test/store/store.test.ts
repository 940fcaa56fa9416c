import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type KeyChunk, Store } from '../../src/store/index.ts'
import { authorCalled, batchFrom, newYear, recordNumber } from './records.ts'

let folder: string
let store: Store
const path = (): string => join(folder, 'store.db')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gv-store-'))
  store = await Store.open({ path: path() })
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function reopen(): Promise<void> {
  await store.close()
  store = await Store.open({ path: path() })
}

async function allKeys(topic = 'chat'): Promise<string[]> {
  const found: KeyChunk[] = await Array.fromAsync(store.keys(topic))
  return found.flatMap(({ times, keys }) =>
    [...times].map((time, index) => `${time} ${Buffer.from(keys.slice(index * 16, index * 16 + 16)).toString('hex')}`),
  )
}
const allRecords = { after: 0, messagesMax: 1000, bytesMax: 1 << 20 }
const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, index) => first + index)

test('only its owner can read the database', () => {
  expect(statSync(path()).mode & 0o777).toBe(0o600)
})

describe('what is appended', () => {
  test('is read back as it was, also after a restart', async () => {
    const records = [
      recordNumber(1),
      recordNumber(2, { author: new Uint8Array(), from: undefined, via: 'own' }),
      recordNumber(3, { keyTime: 0, ids: new Uint8Array(32).fill(9), via: 'history' }),
      batchFrom(10, 4, { kept: [0, 3], keys: batchFrom(10, 2).keys }),
      recordNumber(20, { bytes: new Uint8Array(1 << 20).fill(5), topic: 'other' }),
    ]
    const appended = await store.append(records)
    expect(appended.map(({ arrival }) => arrival)).toEqual([1, 2, 3, 4, 6])
    const expected = records.map((record, index) => ({ ...record, arrival: appended[index]!.arrival }))
    const read = async () => (await store.readArrivals({ ...allRecords, bytesMax: 1 << 22 })).records
    expect(await read()).toEqual(expected)
    await reopen()
    expect(await read()).toEqual(expected)
    expect(store.opened).toMatchObject({ lastArrival: 6, movedAside: undefined })
    expect(store.opened.topics).toMatchObject([
      { topic: 'chat', messages: 5, records: 4 },
      { topic: 'other', messages: 1, bytes: 1 << 20 },
    ])
  })

  test('counts once, however often it comes', async () => {
    await store.append([recordNumber(1)])
    const again = await store.append([recordNumber(1), recordNumber(2), recordNumber(2)])
    expect(again.map(({ arrival, isDuplicate }) => [arrival, isDuplicate])).toEqual([
      [undefined, true],
      [2, false],
      [undefined, true],
    ])
    expect(await allKeys()).toHaveLength(2)
  })

  test('is kept as far as it is new, when an envelope comes with other messages of it', async () => {
    const { keys } = batchFrom(0, 4)
    await store.append([batchFrom(0, 4, { kept: [1, 2], keys: keys.slice(16, 48) })])
    const [second] = await store.append([batchFrom(0, 4)])
    expect(second).toEqual({ arrival: 3, isDuplicate: false, isExpired: false, fresh: [0, 3], conflicts: [] })
    const { records } = await store.readArrivals({ ...allRecords, after: 2 })
    expect(records).toMatchObject([{ arrival: 3, kept: [0, 3], count: 4 }])
    expect(await allKeys()).toHaveLength(4)
  })

  test('with ids from content is kept with the ids of what is new', async () => {
    const ids = Uint8Array.from({ length: 80 }, (_, at) => at)
    const batch = batchFrom(0, 4, { keyTime: 0, ids })
    await store.append([recordNumber(9, { keyTime: 0, keys: batch.keys.slice(16, 32), ids: ids.slice(20, 40) })])
    const [second] = await store.append([batch])
    expect(second).toMatchObject({ arrival: 2, fresh: [0, 2, 3] })
    const read = async () => (await store.readArrivals({ ...allRecords, after: 1 })).records
    const kept = { kept: [0, 2, 3], ids: Uint8Array.of(...ids.slice(0, 20), ...ids.slice(40)), from: 'peer' }
    expect(await read()).toMatchObject([{ arrival: 2, ...kept, bytes: batch.bytes }])
    await reopen()
    expect(await read()).toMatchObject([kept])
    expect(() => store.append([batchFrom(10, 4, { keyTime: 0, ids: new Uint8Array(81) })])).toThrow('ids')
  })

  test('names the records that it contradicts', async () => {
    await store.append([batchFrom(0, 4), recordNumber(4), recordNumber(5)])
    const other = { bytes: Uint8Array.of(1), keys: recordNumber(99).keys }
    const [inBatch, single, elsewhere] = await store.append([
      recordNumber(2, other),
      recordNumber(4, { ...other, keys: recordNumber(98).keys }),
      recordNumber(4, { ...other, keys: recordNumber(97).keys, epoch: 8 }),
    ])
    expect(inBatch!.conflicts).toEqual([1])
    expect(single!.conflicts).toEqual([5])
    expect(elsewhere!.conflicts).toEqual([])
    await reopen()
    const [late] = await store.append([batchFrom(3, 2, { bytes: Uint8Array.of(2), keys: batchFrom(200, 2).keys })])
    expect(late!.conflicts.toSorted((a, b) => a - b)).toEqual([1, 5, 8])
  })

  test('of an author that contradicts itself without end is kept as evidence four times, and searched for no more', async () => {
    const same = (number: number) => recordNumber(number, { sequence: 5, bytes: Uint8Array.of(number) })
    const appended = await store.append(numbers(10).map(same))
    const found = appended.map(({ conflicts }, at) => (conflicts.length > 0 ? at : 0))
    expect(found).toEqual([0, 1, 2, 3, 4, 0, 0, 0, 0, 0])
    await reopen()
    const rows = await store.ask('evidence.list', undefined)
    expect(rows).toMatchObject(numbers(4).map((number) => ({ number, topic: 'chat', epoch: 7, first: 5, last: 5 })))
    expect(await store.ask('evidence.pair', 1)).toEqual({ one: Uint8Array.of(2), other: Uint8Array.of(1) })
    const id = new Uint8Array(32).fill(1)
    expect(await store.call('evidence.name', { number: 1, id })).toBe(true)
    // The same once more is dropped.
    expect(await store.call('evidence.name', { number: 2, id })).toBe(false)
    expect(await store.ask('evidence.list', undefined)).toMatchObject([{ number: 1, id }, { number: 3 }, { number: 4 }])
  })

  test('gets numbers that are never used again', async () => {
    await store.append(numbers(3).map((number) => recordNumber(number)))
    await store.remove('chat', [2, 3])
    await reopen()
    const [next] = await store.append([recordNumber(4)])
    expect(next!.arrival).toBe(4)
  })
})

describe('keys', () => {
  test('come in order of time and key, over more than one chunk', async () => {
    const records = numbers(40_000).map((number) =>
      recordNumber(number, { time: newYear + ((number * 7919) % 5000), keyTime: newYear + ((number * 7919) % 5000) }),
    )
    await store.append(records)
    const keys = await allKeys()
    expect(keys).toHaveLength(40_000)
    expect(keys).toEqual(keys.toSorted())
  })
})

describe('reading', () => {
  test('finds records by key, and leaves out what is not there', async () => {
    await store.append([recordNumber(1), batchFrom(10, 3), recordNumber(2)])
    const wanted = [batchFrom(10, 3).keys.slice(32), recordNumber(50).keys, batchFrom(10, 3).keys.slice(0, 16)]
    const time = batchFrom(10, 3).time
    const { records } = await store.load(
      'chat',
      wanted.map((key) => ({ time, key })),
      1 << 20,
    )
    expect(records.map(({ arrival }) => arrival)).toEqual([2])
  })

  test('goes by arrival, in both directions, for some topics', async () => {
    await store.append(numbers(9).map((number) => recordNumber(number, { topic: `t${number % 3}` })))
    const arrivals = async (range: object) =>
      (await store.readArrivals({ ...allRecords, ...range })).records.map(({ arrival }) => arrival)
    expect(await arrivals({ after: 2, topics: ['t0', 't1', 'none'] })).toEqual([3, 4, 6, 7, 9])
    expect(await arrivals({ before: 7, reverse: true, messagesMax: 3 })).toEqual([6, 5, 4])
    expect((await store.byArrival(5))?.sequence).toBe(5)
    expect(await store.byArrival(50)).toBeUndefined()
  })

  test('begins within a record, and ends at a limit', async () => {
    await store.append([batchFrom(0, 10), batchFrom(10, 10), batchFrom(20, 10)])
    const { records, isCut } = await store.readArrivals({ after: 15, messagesMax: 2, bytesMax: 1 << 20 })
    expect([records.map(({ arrival }) => arrival), isCut]).toEqual([[11], true])
  })
})

describe('a floor', () => {
  test('takes away what is older, and stays', async () => {
    await store.append(numbers(3000).map((number) => recordNumber(number)))
    await store.append([
      recordNumber(1, { topic: 'ids', keyTime: 0 }),
      recordNumber(9000, { topic: 'ids', keyTime: 0 }),
    ])
    await store.raiseFloor('chat', newYear + 2_500_000)
    await store.raiseFloor('ids', newYear + 2_500_000)
    await reopen()
    expect(await allKeys()).toHaveLength(501)
    expect(await allKeys('ids')).toHaveLength(1)
    expect(store.opened.topics).toMatchObject([{ messages: 501, floor: newYear + 2_500_000 }, { messages: 1 }])
  })
})

test('a removed topic is gone, and its name can be used again at once', async () => {
  await store.append(numbers(2500).map((number) => recordNumber(number)))
  const removed = store.removeTopic('chat')
  await store.append([recordNumber(1)])
  await removed
  await reopen()
  expect(store.opened.topics).toMatchObject([{ topic: 'chat', messages: 1 }])
  expect(await allKeys()).toHaveLength(1)
})

test('a consumer is where it was, also after a restart, and never goes back', async () => {
  const consumer = {
    name: 'c',
    topics: ['chat'],
    acked: 3,
    ahead: [],
    handedOut: 3,
    since: 0,
    refilledAt: 0,
    createdAt: newYear,
  }
  await store.call('consumer.create', consumer)
  await store.call('consumer.move', { name: 'c', handedOut: 9 })
  await store.call('consumer.move', { name: 'c', acked: 5 })
  await store.call('consumer.move', { name: 'c', acked: 4, ahead: [5, 8] })
  await reopen()
  expect(await store.ask('consumer.get', 'c')).toEqual({ ...consumer, acked: 5, ahead: [8], handedOut: 9 })
  await expect(store.call('consumer.move', { name: 'd' })).rejects.toMatchObject({ code: 'not-found' })
  expect(await store.call('consumer.remove', 'c')).toBe(true)
  expect(await store.ask('consumer.list', undefined)).toEqual([])
  expect(authorCalled('ada')).toHaveLength(32)
})
