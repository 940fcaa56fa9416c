import { sizeOf } from './body-rows.ts'
import type { Context } from './context.ts'
import type { Database, Value } from './database.ts'
import { DamagedDatabase } from './fault.ts'
import { arrivalOf } from './key-row.ts'
import { damageOf, quarantine, recount, type TopicDamage } from './quarantine.ts'
import { insertSpan, ownKeys, restoreKeys } from './rows.ts'
import { damaged, readRow } from './stored.ts'

/** Where a scrub is: tables one after the other, so that every page in use is read. */
export interface ScrubPosition {
  readonly table: 'key' | 'span' | 'record' | 'rest'
  /** The last row that was looked at. */
  readonly after: readonly Value[]
}

/** What a scrub found. */
export interface ScrubFound {
  /** Records, and rows that point at records, that were looked at. */
  readonly rows: number
  /** About how much was read. */
  readonly bytes: number
  /** Records and other rows that did not hold together. */
  readonly damaged: number
  /** Messages that are no longer in the store. */
  readonly lost: readonly TopicDamage[]
  /** Messages whose rows in `key` had gone and are back. */
  readonly restored: readonly TopicDamage[]
  /** Where to go on; undefined at the end. */
  readonly next: ScrubPosition | undefined
}

/** Where a scrub begins. */
export const scrubStart: ScrubPosition = { table: 'key', after: [] }

/** 4,096 at once grew the thread's heap by 10 MB, which it kept. */
const keysPerSlice = 512
const recordsPerSlice = 256
const bytesPerSlice = 1 << 20
/** What a row of `key` or `span` is counted as. */
const rowBytes = 64

/** Looks at some rows, and puts right what can be; the rest is taken out. */
export function scrub(context: Context, { table, after }: ScrubPosition): ScrubFound {
  return context.database.transaction(() => {
    if (table === 'key') return scrubKeys(context, after)
    if (table === 'span') return scrubSpans(context, after)
    return table === 'record' ? scrubRecords(context, Number(after[0] ?? 0)) : scrubRest(context)
  })
}

/** Rows of `key` lead to a record, and their check holds. */
function scrubKeys(context: Context, after: readonly Value[]): ScrubFound {
  const { database } = context
  const [topicAfter = -1, atAfter = new Uint8Array()] = after as [number?, Uint8Array?]
  const rows = database.all(
    `SELECT topic, at, tail FROM key
     WHERE (topic, at) > (?, ?) ORDER BY topic, at LIMIT ${keysPerSlice}`,
    topicAfter,
    atAfter,
  )
  mustAscend([[topicAfter, atAfter], ...rows], 2)
  const wrong = rows.filter(([topic, at, tail]) => !leads(context, topic, at, tail))
  for (const [topic, at] of wrong) {
    mustDelete(database, 'key', 'topic = ? AND at = ?', [topic, at])
  }
  const lost = damageOf(
    context,
    wrong.flatMap(([topic, at]) => (at instanceof Uint8Array ? [[Number(topic), at] as const] : [])),
  )
  const next: ScrubPosition =
    rows.length < keysPerSlice ? { table: 'span', after: [] } : { table: 'key', after: rows.at(-1)!.slice(0, 2) }
  return { rows: rows.length, bytes: rows.length * rowBytes, damaged: wrong.length, lost, restored: [], next }
}

function leads(
  { database }: Context,
  topic: Value | undefined,
  at: Value | undefined,
  tail: Value | undefined,
): boolean {
  if (typeof topic !== 'number' || !(at instanceof Uint8Array) || !(tail instanceof Uint8Array)) return false
  const arrival = arrivalOf(topic, at, tail)
  return arrival !== undefined && database.get('SELECT 1 FROM record WHERE arrival = ?', arrival) !== undefined
}

/** Rows of `span` say what their record says. */
function scrubSpans(context: Context, after: readonly Value[]): ScrubFound {
  const { database } = context
  const from =
    after.length === 0 ? [-1, new Uint8Array(), -1, -1, -1] : (after as [number, Uint8Array, number, number, number])
  const rows = database.all(
    `SELECT topic, author, epoch, sequence, arrival, count, kept, time, size FROM span
     WHERE (topic, author, epoch, sequence, arrival) > (?, ?, ?, ?, ?)
     ORDER BY topic, author, epoch, sequence, arrival LIMIT ${recordsPerSlice}`,
    ...from,
  )
  mustAscend([from, ...rows], 5)
  const wrong = rows.filter((row) => !isTrue(context, row))
  for (const row of wrong) {
    const place = 'topic = ? AND author = ? AND epoch = ? AND sequence = ? AND arrival = ?'
    mustDelete(database, 'span', place, row.slice(0, 5))
  }
  const next: ScrubPosition =
    rows.length < recordsPerSlice ? { table: 'record', after: [] } : { table: 'span', after: rows.at(-1)!.slice(0, 5) }
  return { rows: rows.length, bytes: rows.length * rowBytes, damaged: wrong.length, lost: [], restored: [], next }
}

function isTrue(
  context: Context,
  [topic, author, epoch, sequence, arrival, count, kept, time, size]: readonly Value[],
): boolean {
  const read = readRow(context, Number(arrival))
  // A damaged record is found when records are looked at.
  if (read === damaged) return true
  if (read === undefined || !(author instanceof Uint8Array) || Buffer.compare(author, read.head.author) !== 0)
    return false
  const { head } = read
  const said = [head.topic, head.epoch, head.sequence, head.count, head.keys.length / 16, head.time, sizeOf(head)]
  return [topic, epoch, sequence, count, kept, time, size].every((value, index) => value === said[index])
}

/** Records hold together, and everything leads to them. */
function scrubRecords(context: Context, after: number): ScrubFound {
  const { database } = context
  const arrivals = database.numbers(
    `SELECT arrival FROM record WHERE arrival > ? ORDER BY arrival LIMIT ${recordsPerSlice}`,
    after,
  )
  mustAscend([[after], ...arrivals.map((arrival) => [arrival])], 1)
  const broken: number[] = []
  const restored: [number, Uint8Array][] = []
  let [bytes, last, repaired] = [0, after, 0]
  for (const arrival of arrivals) {
    if (bytes > bytesPerSlice) break
    last = arrival
    const read = readRow(context, arrival)
    if (read === damaged || read === undefined) {
      broken.push(arrival)
      continue
    }
    const { head, frame } = read
    bytes += frame.length
    repaired += insertSpan(context, arrival, head.topic, head)
    if (restoreKeys(context, head.topic, head, arrival) > 0)
      restored.push(
        ...ownKeys(context, head.topic, head, arrival).map((at) => [head.topic, at] as [number, Uint8Array]),
      )
    const indexed = database.get(
      'SELECT 1 FROM record INDEXED BY record_topic WHERE topic = ? AND arrival = ?',
      head.topic,
      arrival,
    )
    if (indexed === undefined) {
      repaired++
      database.exec('REINDEX record')
    }
  }
  const lost = quarantine(context, broken)
  const next: ScrubPosition =
    last === after && broken.length === 0 ? { table: 'rest', after: [] } : { table: 'record', after: [last] }
  return {
    rows: arrivals.length,
    bytes,
    damaged: broken.length + repaired + restored.length,
    lost,
    restored: damageOf(context, restored),
    next,
  }
}

/** A row that is there and cannot be found is where it does not belong: what holds the rows together is damaged. */
function mustDelete(database: Database, table: string, where: string, values: readonly (Value | undefined)[]): void {
  if (database.run(`DELETE FROM ${table} WHERE ${where}`, ...(values as number[])) !== 1) {
    throw new DamagedDatabase(`a row of ${table} is out of place`)
  }
}

/** Rows that do not come in order are reached on a wrong way. */
function mustAscend(rows: readonly (readonly Value[])[], columns: number): void {
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1]
    if (before !== undefined && compare(before, row, columns) >= 0) throw new DamagedDatabase('rows are out of order')
  }
}

function compare(one: readonly Value[], other: readonly Value[], columns: number): number {
  for (let column = 0; column < columns; column++) {
    const [left, right] = [one[column], other[column]]
    const difference =
      left instanceof Uint8Array && right instanceof Uint8Array
        ? Buffer.compare(left, right)
        : Number(left) - Number(right)
    if (difference !== 0) return difference
  }
  return 0
}

/** Facts are there twice, and the counts are right. */
function scrubRest(context: Context): ScrubFound {
  const repaired = context.facts.repair()
  recount(context)
  return { rows: 0, bytes: 0, damaged: repaired, lost: [], restored: [], next: undefined }
}
