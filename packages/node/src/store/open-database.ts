import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NodeError } from '../error.ts'
import { Database } from './database.ts'
import { DamagedDatabase, faultOf } from './fault.ts'
import { checkHeader } from './header.ts'
import { salvageInto } from './salvage.ts'
import { applicationId, migrations, schemaVersion } from './schema.ts'

/** An open database of the current schema version. */
export interface OpenedDatabase {
  readonly database: Database
  /** Where the file that was in its place went, because it was damaged or is none of ours. */
  readonly movedAside: string | undefined
  /** Records that came over from there. */
  readonly salvaged: number
}

/**
 * Opens the store's database, makes it if there is none, and brings its schema up to date. A file that is no database
 * of ours, or that SQLite cannot open, is moved aside, and a new one begun with what can still be read of it. Throws a
 * NodeError: `home` for a database of a newer version, which is left as it is; errors of the disk as they come.
 */
export function openDatabase(path: string): OpenedDatabase {
  finishSalvage(path)
  try {
    return { database: openAt(path), movedAside: undefined, salvaged: 0 }
  } catch (error) {
    if (faultOf(error).kind !== 'damage') throw error
    return replaceDatabase(path)
  }
}

/**
 * Makes a database anew from what holds together in it, which nobody has open any more, and moves the old one aside.
 * Cut off at any moment, the old one or the new one is there at the next start.
 */
export function replaceDatabase(path: string): OpenedDatabase {
  const { building, done } = besides(path)
  removeDatabase(building)
  const salvaged = build(building, path)
  renameSync(building, done)
  const movedAside = finishSalvage(path)
  return { database: openAt(path), movedAside, salvaged }
}

/** Brings the schema of a database up to date. */
function migrate(database: Database): void {
  const [version = 0] = database.numbers('PRAGMA user_version')
  if (version > schemaVersion) {
    throw new NodeError(
      'home',
      `the store is of version ${version}, and this program knows ${schemaVersion}`,
      'run the newer Grapevine that wrote it, or move store.db away and let the node begin a new one',
    )
  }
  for (const migration of migrations.filter((of) => of.version > version)) {
    database.transaction(() => {
      database.exec(migration.sql)
      database.exec(`PRAGMA application_id = ${applicationId}`)
      database.exec(`PRAGMA user_version = ${migration.version}`)
    })
  }
}

function openAt(path: string): Database {
  checkHeader(path)
  const database = new Database(path)
  try {
    const [id] = database.numbers('PRAGMA application_id')
    const [tables] = database.numbers('SELECT count(*) FROM sqlite_schema')
    if (id !== applicationId && tables !== 0) throw new DamagedDatabase('the file is not of Grapevine')
    if (tables !== 0) checkSchema(database)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Throws if this version's schema is not what it must be: after a bit error in the text of it SQLite knows no damage, only
 * tables with other columns. So too if all is this version's but the number that says so.
 */
function checkSchema(database: Database): void {
  const [version] = database.numbers('PRAGMA user_version')
  if ((schemaOf(database) === currentSchema()) !== (version === schemaVersion))
    throw new DamagedDatabase('its schema is not that of its version')
}

let current: string | undefined

/** The schema of a new database. */
function currentSchema(): string {
  if (current === undefined) {
    const database = new DatabaseSync(':memory:')
    for (const { sql } of migrations) database.exec(sql)
    current = textOf(database.prepare(schemaQuery).all().map(Object.values))
    database.close()
  }
  return current
}

const schemaQuery = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name'
const schemaOf = (database: Database): string => textOf(database.all(schemaQuery))
const textOf = (rows: readonly (readonly unknown[])[]): string =>
  JSON.stringify(rows.map((row) => row.map((text) => (typeof text === 'string' ? text.replaceAll(/\s+/g, ' ') : text))))

function build(building: string, from: string): number {
  try {
    const database = openAt(building)
    try {
      return salvageInto(database, from)
    } finally {
      // The last connection writes the WAL back and deletes it.
      database.close()
    }
  } catch (error) {
    removeDatabase(building)
    throw error
  }
}

/** Puts a finished new database into its place, where one is; returns where the old one went. */
function finishSalvage(path: string): string | undefined {
  const { done } = besides(path)
  if (!existsSync(done)) return undefined
  const movedAside = existsSync(path) ? moveAside(path) : undefined
  renameSync(done, path)
  return movedAside
}

const besides = (path: string): { readonly building: string; readonly done: string } => {
  const { dir, name, ext } = parse(path)
  return { building: join(dir, `${name}.salvage${ext}`), done: join(dir, `${name}.salvaged${ext}`) }
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

/** Databases that were moved aside and are kept, so that a failing disk does not fill itself. */
const asideMax = 3

/** Renames a database, its WAL too, to a name with the time in it. */
function moveAside(path: string): string {
  const { name, ext } = parse(path)
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const free = (n: number): string => {
    const to = join(dirname(path), `${name}.damaged-${time}${n === 0 ? '' : `-${n}`}${ext}`)
    return existsSync(to) ? free(n + 1) : to
  }
  const to = free(0)
  // The WAL first: without its database it does no harm, and a new database would take it for its own.
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix)
  const others = readdirSync(dirname(path)).filter((file) => file.startsWith(`${name}.damaged-`) && file.endsWith(ext))
  for (const old of others.toSorted().slice(0, -asideMax)) removeDatabase(join(dirname(path), old))
  return to
}
