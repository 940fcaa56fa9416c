import { sizeOf } from './body-rows.ts'
import type { Context } from './context.ts'
import type { Database, Value } from './database.ts'
import { DamagedDatabase } from './fault.ts'
import { arrivalOf } from './key-row.ts'
import { damageOf, quarantine, recount, type TopicDamage } from './quarantine.ts'
import { insertSpan, ownKeys, restoreKeys } from './rows.ts'
import { positionAfter, type ScrubPosition, type Slice, sliceOf } from './scrub-slice.ts'
import { damaged, readRow } from './stored.ts'

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

const bytesPerSlice = 1 << 20
/** What a row of `key` or `span` is counted as. */
const rowBytes = 64

/** Looks at some rows, and puts right what can be; the rest is taken out. */
export function scrub(context: Context, position: ScrubPosition): ScrubFound {
  const { table, ...place } = position
  return context.database.transaction(() => {
    if (table === 'rest') return scrubRest(context)
    const slice = sliceOf(context.database, { table, ...place })
    if (table === 'key') return scrubKeys(context, slice)
    return table === 'span' ? scrubSpans(context, slice) : scrubRecords(context, slice)
  })
}

/** Rows of `key` lead to a record, and their check holds. */
function scrubKeys(context: Context, { rows, following }: Slice): ScrubFound {
  const { database } = context
  const wrong = rows.filter(([topic, at, tail]) => !leads(context, topic, at, tail))
  for (const [topic, at] of wrong) {
    mustDelete(database, 'key', 'topic = ? AND at = ?', [topic, at])
  }
  const lost = damageOf(
    context,
    wrong.flatMap(([topic, at]) => (at instanceof Uint8Array ? [[Number(topic), at] as const] : [])),
  )
  const next: ScrubPosition =
    following === undefined ? { table: 'span', after: [] } : positionAfter('key', rows.at(-1)!, following)
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
function scrubSpans(context: Context, { rows, following }: Slice): ScrubFound {
  const { database } = context
  const wrong = rows.filter((row) => !isTrue(context, row))
  for (const row of wrong) {
    const place = 'topic = ? AND author = ? AND epoch = ? AND sequence = ? AND arrival = ?'
    mustDelete(database, 'span', place, row.slice(0, 5))
  }
  const next: ScrubPosition =
    following === undefined ? { table: 'record', after: [] } : positionAfter('span', rows.at(-1)!, following)
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
function scrubRecords(context: Context, { rows, following }: Slice): ScrubFound {
  const { database } = context
  const broken: number[] = []
  const restored: [number, Uint8Array][] = []
  let [bytes, repaired, looked] = [0, 0, 0]
  for (; looked < rows.length && bytes <= bytesPerSlice; looked++) {
    const arrival = Number(rows[looked]![0])
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
  const comesNext = rows[looked] ?? following
  const next: ScrubPosition =
    comesNext === undefined ? { table: 'rest', after: [] } : positionAfter('record', rows[looked - 1]!, comesNext)
  return {
    rows: looked,
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

/** Facts are there twice, and the counts are right. */
function scrubRest(context: Context): ScrubFound {
  const repaired = context.facts.repair()
  recount(context)
  return { rows: 0, bytes: 0, damaged: repaired, lost: [], restored: [], next: undefined }
}
