import { existsSync, renameSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { NodeError } from '../error.ts'
import { Database } from './database.ts'
import { faultOf } from './fault.ts'
import { applicationId, migrations, schemaVersion } from './schema.ts'

/** An open database of the current schema version. */
export interface OpenedDatabase {
  readonly database: Database
  /** Where the file that was in its place went, because it could not be opened. */
  readonly movedAside: string | undefined
}

/**
 * Opens the store's database, makes it if there is none, and brings its schema up to date. A file that is no database
 * of ours, or that SQLite cannot open, is moved aside and a new one begun. Throws a NodeError: `home` for a database of
 * a newer version, which is left as it is; errors of the disk as they come.
 */
export function openDatabase(path: string): OpenedDatabase {
  try {
    return { database: openAt(path), movedAside: undefined }
  } catch (error) {
    if (faultOf(error).kind !== 'damage') throw error
    const movedAside = moveAside(path)
    return { database: openAt(path), movedAside }
  }
}

/** Brings the schema of a database to a version, the current one by default. */
function migrate(database: Database, to: number = schemaVersion): void {
  const [version = 0] = database.numbers('PRAGMA user_version')
  if (version > schemaVersion) {
    throw new NodeError(
      'home',
      `the store is of version ${version}, and this program knows ${schemaVersion}`,
      'run the newer Grapevine that wrote it, or move store.db away and let the node begin a new one',
    )
  }
  for (const migration of migrations.filter((of) => of.version > version && of.version <= to)) {
    database.transaction(() => {
      database.exec(migration.sql)
      database.exec(`PRAGMA application_id = ${applicationId}`)
      database.exec(`PRAGMA user_version = ${migration.version}`)
    })
  }
}

function openAt(path: string): Database {
  const database = new Database(path)
  try {
    const [id] = database.numbers('PRAGMA application_id')
    const [tables] = database.numbers('SELECT count(*) FROM sqlite_schema')
    if (id !== applicationId && tables !== 0) throw new ForeignDatabase()
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Says what SQLite says of a file that is no database. */
class ForeignDatabase extends Error {
  readonly code = 'ERR_SQLITE_ERROR'
  readonly errcode = 26
}

/** Renames a database, its WAL too, to a name with the time in it. */
function moveAside(path: string): string {
  const { name, ext } = parse(path)
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const free = (n: number): string => {
    const to = join(dirname(path), `${name}.damaged-${time}${n === 0 ? '' : `-${n}`}${ext}`)
    return existsSync(to) ? free(n + 1) : to
  }
  const to = free(0)
  renameSync(path, to)
  for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix)
  return to
}
