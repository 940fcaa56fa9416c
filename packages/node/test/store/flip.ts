import { copyFileSync, openSync, closeSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { Store, type StoredRecord } from '../../src/store/index.ts'
import { batchFrom, recordNumber } from './records.ts'

/** What {@link flipRounds} does. */
export interface FlipOptions {
  readonly rounds: number
  /** Bytes that are changed in each round. */
  readonly flipsPerRound: number
  readonly records: number
  readonly seed: number
}

/** What came of it, over all rounds. */
export interface FlipResult {
  readonly flips: number
  /** Records that were served and were not what had been stored. */
  wrong: number
  /** Records that were no longer there after the scrub. */
  lost: number
  /** Rounds in which a second scrub still found something. */
  stillBroken: number
  /** Rounds in which the store could not be opened or used. */
  unopenable: number
  /** Rounds in which the database was made anew. */
  salvaged: number
}

/** Fills a store, and then again and again changes random bytes of a copy of its file and looks what is served. */
export async function flipRounds(
  path: string,
  { rounds, flipsPerRound, records, seed }: FlipOptions,
): Promise<FlipResult> {
  const originals = await fill(path, records)
  const pristine = `${path}.pristine`
  copyFileSync(path, pristine)
  const random = randomFrom(seed)
  const result: FlipResult = {
    flips: rounds * flipsPerRound,
    wrong: 0,
    lost: 0,
    stillBroken: 0,
    unopenable: 0,
    salvaged: 0,
  }
  for (let round = 0; round < rounds; round++) {
    for (const suffix of ['', '-wal']) rmSync(path + suffix, { force: true })
    copyFileSync(pristine, path)
    for (let flip = 0; flip < flipsPerRound; flip++) flipByte(path, random)
    try {
      await look(path, originals, result)
    } catch {
      result.unopenable++
    }
  }
  return result
}

async function fill(path: string, count: number): Promise<ReadonlyMap<string, StoredRecord>> {
  const store = await Store.open({ path, reserveBytes: 0 })
  const records = Array.from({ length: count }, (_, number) =>
    number % 3 === 0
      ? batchFrom(number * 10, 8, { topic: `t${number % 2}` })
      : recordNumber(number * 10, { topic: `t${number % 2}`, ...(number % 5 === 0 ? { keyTime: 0 } : {}) }),
  )
  const appended = await store.append(records)
  await store.close()
  return new Map(records.map((record, index) => [nameOf(record), { ...record, arrival: appended[index]!.arrival! }]))
}

const nameOf = ({ topic, sequence }: Pick<StoredRecord, 'topic' | 'sequence'>): string => `${topic} ${sequence}`

async function look(path: string, originals: ReadonlyMap<string, StoredRecord>, result: FlipResult): Promise<void> {
  let salvaged = 0
  const store = await Store.open({ path, reserveBytes: 0, onSalvaged: () => salvaged++ })
  if (store.opened.movedAside !== undefined) salvaged++
  const everything = async (): Promise<StoredRecord[]> => {
    const found: StoredRecord[] = []
    for (let after = 0; ;) {
      const { records, isCut } = await store.readArrivals({ after, messagesMax: 5000, bytesMax: 1 << 24 })
      found.push(...records)
      after = records.length === 0 ? after : records.at(-1)!.arrival + records.at(-1)!.keys.length / 16 - 1
      if (!isCut || records.length === 0) return found
    }
  }
  // The first reads may meet the damage, and wait until the database is made anew.
  const before = await everything()
  for (const topic of ['t0', 't1']) await Array.fromAsync(store.keys(topic))
  await store.scrub()
  const after = await everything()
  result.wrong += [...before, ...after].filter((record) => !isSame(record, originals.get(nameOf(record)))).length
  result.lost += originals.size - after.length
  result.salvaged += Math.min(salvaged, 1)
  const keys = (await Promise.all(['t0', 't1'].map((topic) => Array.fromAsync(store.keys(topic))))).flat()
  const messages = after.reduce((sum, record) => sum + record.keys.length / 16, 0)
  const indexed = keys.reduce((sum, { times }) => sum + times.length, 0)
  const third = await store.scrub()
  if (third.damaged > 0 || indexed !== messages) result.stillBroken++
  await store.close()
}

function isSame(one: StoredRecord, other: StoredRecord | undefined): boolean {
  const text = (record: StoredRecord): string =>
    JSON.stringify(record, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    )
  const sorted = (record: StoredRecord): StoredRecord =>
    Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))) as unknown as StoredRecord
  return other !== undefined && text(sorted(one)) === text(sorted(other))
}

function flipByte(path: string, random: () => number): void {
  const at = Math.floor(random() * statSync(path).size)
  const file = openSync(path, 'r+')
  const byte = new Uint8Array(1)
  readSync(file, byte, 0, 1, at)
  byte[0]! ^= 1 + Math.floor(random() * 255)
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
