import { DatabaseSync } from 'node:sqlite'
import { carve, type CarvedRow } from './carve.ts'
import { SpanEnds } from './conflict.ts'
import { type Context, frameSum } from './context.ts'
import type { Database } from './database.ts'
import { Facts, isFact } from './fact.ts'
import { dataStart, readHead } from './frame.ts'
import { PageFile } from './page-file.ts'
import { recount } from './quarantine.ts'
import { insertRecord, insertSpan, restoreKeys } from './rows.ts'
import { Topics } from './topics.ts'

/** Rows that are written in one transaction. */
const rowsPerSlice = 10_000
/** Tables that are made anew from records and facts. */
const ownTables = new Set(['record', 'key', 'span', 'body', 'tally', 'fact', 'fact_copy'])

/**
 * Fills a new database with all that holds together in an old one, which may be damaged anywhere: records and facts
 * are looked for in every page, each with its own checksum. Tables of other parts are copied as far as SQLite reads
 * them. Returns how many records came over.
 */
export function salvageInto(database: Database, from: string): number {
  const records = carveInto(database, from)
  copyOthers(database, from)
  const facts = new Facts(database)
  const topics = new Topics(database, facts)
  const context: Context = { database, facts, topics, spanEnds: new SpanEnds() }
  database.transaction(() => {
    // Nobody knows the names of these topics any more.
    const known = JSON.stringify(topics.all().map(({ id }) => id))
    for (const table of ['record', 'key', 'span', 'body']) {
      database.run(`DELETE FROM ${table} WHERE topic NOT IN (SELECT value FROM json_each(?))`, known)
    }
    recount(context)
  })
  return records
}

function carveInto(database: Database, from: string): number {
  const file = new PageFile(from)
  const facts = new Map<string, unknown>()
  let records = 0
  try {
    const rows = carve(file)
    for (let isMore = true; isMore;) {
      isMore = database.transaction(() => {
        for (let left = rowsPerSlice; left > 0; left--) {
          const { value: row, done } = rows.next()
          if (done === true) return false
          if (row.rowid === undefined) takeFact(facts, row)
          else if (takeRecord(database, row.rowid, row)) records++
        }
        return true
      })
    }
  } finally {
    file.close()
  }
  const store = new Facts(database)
  database.transaction(() => facts.forEach((value, name) => store.set(name, value)))
  return records
}

/** Files a row if it is a record: its checksum says so. */
function takeRecord(database: Database, arrival: number, { columns }: CarvedRow): boolean {
  const [, topic, , , sum, data] = columns
  if (typeof topic !== 'number' || !(sum instanceof Uint8Array) || !(data instanceof Uint8Array)) return false
  const frame = new Uint8Array(dataStart + data.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length, true)
  view.setFloat64(4, arrival, true)
  view.setUint32(12, topic, true)
  frame.set(data, dataStart)
  if (Buffer.compare(frameSum(frame, 0, frame.length), sum) !== 0) return false
  const head = readHead(frame, 0)
  const context = { database }
  // A second copy, from a page that was freed.
  if (restoreKeys(context, topic, head, arrival) === 0) return false
  insertRecord(context, arrival, topic, head, sum, data)
  insertSpan(context, arrival, topic, head)
  return true
}

/** Remembers a row if it is a fact. Of two that differ, every number is the higher one: none of a fact's ever falls. */
function takeFact(facts: Map<string, unknown>, { columns: [name, value, sum] }: CarvedRow): void {
  if (typeof name !== 'string' || typeof value !== 'string' || !(sum instanceof Uint8Array)) return
  if (isFact(name, value, sum)) facts.set(name, higher(facts.get(name), JSON.parse(value)))
}

function higher(one: unknown, other: unknown): unknown {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return other
  const pairs = Object.entries(other).map(([name, value]) => {
    const known = (one as Readonly<Record<string, unknown>>)[name]
    return [name, typeof known === 'number' && typeof value === 'number' ? Math.max(known, value) : value]
  })
  return Array.isArray(other) ? other : Object.fromEntries(pairs)
}

/** Copies the tables that neither records nor facts make up, row by row, as long as SQLite gives them out. */
function copyOthers(database: Database, from: string): void {
  const names = database.all("SELECT name FROM sqlite_schema WHERE type = 'table'").map(([name]) => String(name))
  const others = names.filter((name) => !ownTables.has(name))
  if (others.length === 0) return
  const old = openOld(from)
  for (const name of old === undefined ? [] : others) copyTable(database, old!, name)
  old?.close()
}

function openOld(path: string): DatabaseSync | undefined {
  try {
    return new DatabaseSync(path, { readOnly: true })
  } catch {
    return undefined
  }
}

function copyTable(database: Database, old: DatabaseSync, name: string): void {
  database.transaction(() => {
    try {
      const rows = old.prepare(`SELECT * FROM "${name}"`)
      rows.setReturnArrays(true)
      for (const row of rows.iterate() as unknown as Iterable<(string | number | Uint8Array | null)[]>) {
        database.run(`INSERT OR IGNORE INTO "${name}" VALUES (${row.map(() => '?').join(', ')})`, ...row)
      }
    } catch {
      // What came before the damage stays.
    }
  })
}
