import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Store, type StoreRecord } from '../../src/store/index.ts'
import { flipRounds } from './flip.ts'
import { newYear, recordNumber } from './records.ts'
import { withFolder } from './with-store.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const all = { after: 0, messagesMax: 100_000, bytesMax: 1 << 26 }

async function filled(path: string, records: readonly StoreRecord[]): Promise<void> {
  const store = await Store.open({ path })
  await store.append(records)
  await store.close()
}

/** Changes the bytes of a database file that follow a text. */
function damageAfter(path: string, text: string, offset: number): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(text)
  expect(at).toBeGreaterThan(0)
  bytes[at + offset]! ^= 0x10
  writeFileSync(path, bytes)
}

/** Empties everything but the first pages: whole trees are gone. */
function breakTrees(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0, 4096 * 300, 4096 * 360)
  writeFileSync(path, bytes)
}

describe('a record that a bit error hit', () => {
  test('is never served, is told about, and can be stored again', async () => {
    await withFolder(async (path) => {
      await filled(
        path,
        numbers(100).map((number) => recordNumber(number)),
      )
      damageAfter(path, 'message 42', 3)
      const told = Promise.withResolvers<number[]>()
      const store = await Store.open({ path, onDamage: ({ lost }) => told.resolve([...lost[0]!.keys.times]) })
      const { records } = await store.readArrivals(all)
      expect(records.map(({ sequence }) => sequence)).toEqual(numbers(100).filter((number) => number !== 42))
      expect(await told.promise).toEqual([newYear + 42_000])
      expect(await store.append([recordNumber(42)])).toMatchObject([{ arrival: 101, isDuplicate: false }])
      expect((await store.readArrivals(all)).records).toHaveLength(100)
      await store.close()
    })
  })

  test('is found by a scrub that nobody asked to read it', async () => {
    await withFolder(async (path) => {
      await filled(
        path,
        numbers(2000).map((number) => recordNumber(number)),
      )
      for (const number of [1007, 1700, 1999]) damageAfter(path, `message ${number}`, 1)
      const store = await Store.open({ path })
      expect(await store.scrub()).toMatchObject({ damaged: 3, lost: 3 })
      expect(await store.scrub()).toMatchObject({ damaged: 0, lost: 0 })
      expect((await store.state()).topics).toMatchObject([{ messages: 1997 }])
      await store.close()
    })
  })
})

test.each(['value TEXT NOT NULL', 'arrival INTEGER PRIMARY KEY', 'INDEX record_topic'])(
  'a bit error in the schema, in %s, costs no record',
  async (text) => {
    await withFolder(async (path) => {
      await filled(
        path,
        numbers(100).map((number) => recordNumber(number)),
      )
      damageAfter(path, text, 2)
      const store = await Store.open({ path })
      expect((await store.readArrivals(all)).records).toHaveLength(100)
      await store.close()
      expect(readdirSync(dirname(path)).filter((file) => file.includes('damaged'))).not.toEqual([])
    })
  },
)

test.each([0, 16, 17, 18, 19, 20, 23, 29, 31, 47, 59, 63, 70, 100, 104])(
  'a bit error in byte %i of the header costs no record',
  async (at) => {
    await withFolder(async (path) => {
      await filled(
        path,
        numbers(100).map((number) => recordNumber(number)),
      )
      const bytes = readFileSync(path)
      bytes[at]! ^= 0x10
      writeFileSync(path, bytes)
      const store = await Store.open({ path })
      expect((await store.readArrivals(all)).records).toHaveLength(100)
      expect(await store.append([recordNumber(101)])).toMatchObject([{ arrival: 101 }])
      await store.close()
    })
  },
)

test(
  'whatever byte of the database flips, a read is as it was, and a scrub leaves nothing broken',
  { timeout: 300_000 },
  async () => {
    await withFolder(async (path) => {
      const result = await flipRounds(path, { rounds: 6, flipsPerRound: 10, records: 1200, seed: 1 })
      expect(result).toMatchObject({ wrong: 0, stillBroken: 0, unopenable: 0 })
      expect(result.lost).toBeLessThan(6 * 1200 * 0.05)
    })
  },
)

describe('a database that SQLite does not open', () => {
  test('is made anew from its records and facts, and the old file stays aside', async () => {
    await withFolder(async (path) => {
      await filled(
        path,
        numbers(500).map((number) => recordNumber(number)),
      )
      const bytes = readFileSync(path)
      bytes.fill(0xff, 0, 100)
      writeFileSync(path, bytes)
      const store = await Store.open({ path })
      expect(store.opened).toMatchObject({
        salvaged: 500,
        lastArrival: 500,
        topics: [{ topic: 'chat', messages: 500 }],
      })
      expect(store.opened.movedAside).toMatch(/store\.damaged-\w+\.db$/)
      expect((await store.readArrivals(all)).records).toHaveLength(500)
      await store.close()
      expect(readdirSync(dirname(path)).filter((name) => name.includes('damaged'))).toHaveLength(1)
    })
  })

  test('and has nothing of ours in it is moved aside, and a new one begun', async () => {
    await withFolder(async (path) => {
      writeFileSync(path, 'not a database, but somebody’s notes'.repeat(1000))
      const store = await Store.open({ path })
      expect(store.opened).toMatchObject({ salvaged: 0, lastArrival: 0, topics: [] })
      expect(readFileSync(store.opened.movedAside!, 'utf8')).toContain('notes')
      await store.close()
    })
  })
})

test('a database that breaks while it is in use is made anew, and goes on', async () => {
  await withFolder(async (path) => {
    await filled(
      path,
      numbers(8000).map((number) => recordNumber(number)),
    )
    const salvaged = Promise.withResolvers<number>()
    const store = await Store.open({ path, onSalvaged: ({ lastArrival }) => salvaged.resolve(lastArrival) })
    breakTrees(path)
    // Nobody who asks meanwhile is refused.
    const [, , appended] = await Promise.all([
      Array.fromAsync(store.keys('chat')),
      store.readArrivals(all),
      store.append([recordNumber(30_000)]),
      store.ask('consumer.get', 'nobody'),
      store.scrub(),
    ])
    expect(await salvaged.promise).toBeGreaterThanOrEqual(8000)
    expect(appended).toMatchObject([{ arrival: 8001 }])
    const { topics } = await store.state()
    expect(topics[0]!.messages).toBeGreaterThan(5000)
    expect((await store.scrub()).damaged).toBe(0)
    await store.close()
  })
})

test('a damaged database that cannot be made anew is made anew once it can, by itself', async () => {
  await withFolder(async (path) => {
    await filled(
      path,
      numbers(8000).map((number) => recordNumber(number)),
    )
    const store = await Store.open({ path })
    // Something stands where the new one is built.
    const obstacle = path.replace(/\.db$/, '.salvage.db')
    mkdirSync(obstacle)
    breakTrees(path)
    await expect(Array.fromAsync(store.keys('chat'))).rejects.toMatchObject({ code: 'internal' })
    rmdirSync(obstacle)
    await expect.poll(() => store.state().catch(() => undefined)).toMatchObject({ lastArrival: 8000 })
    await Array.fromAsync(store.keys('chat'))
    expect((await store.readArrivals(all)).records.length).toBeGreaterThan(5000)
    await store.close()
  })
})
