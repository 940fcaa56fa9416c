import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { NodeError } from '../error.ts'
import { writeError } from './durable-file.ts'

/** The right to run a home; held by one process, and gone with it. */
export interface HomeLock {
  release(): void
}

/** SQLITE_BUSY: another connection holds the lock. */
const sqliteBusy = 5
/** SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN: the disk's or the folder's fault, not that of the file. */
const sqliteDisk = [10, 13, 14]
/** Longer than anybody who asks {@link holderOf} holds the lock, in ms. */
const askMsMax = 250

const pidFile = (home: string): string => join(home, 'pid')

/**
 * Takes a home for this process, or throws `running` and names the process that has it. The lock is SQLite's own file
 * lock: the kernel lets go of it when the process ends, however it ends, so a dead process never blocks the next.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const sqlite = await import('node:sqlite')
  const file = join(home, 'lock')
  const damaged = (error: unknown): NodeError =>
    sqliteDisk.includes((error as { errcode?: number }).errcode ?? 0)
      ? writeError(file, error)
      : new NodeError('home', `${file} is damaged: ${(error as Error).message}`, 'delete it; it holds nothing', {
          cause: error,
        })
  let database: DatabaseSync
  try {
    database = new sqlite.DatabaseSync(file, { timeout: askMsMax })
  } catch (error) {
    throw damaged(error)
  }
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw damaged(error)
    const pid = recordedPid(home)
    throw new NodeError(
      'running',
      `${home} is in use${pid === undefined ? '' : ` by process ${pid}`}`,
      'stop it with: grapevine down',
      { cause: error },
    )
  }
  try {
    writeFileSync(pidFile(home), `${process.pid}\n`, { mode: 0o600 })
  } catch (error) {
    database.close()
    throw writeError(pidFile(home), error)
  }
  return {
    release() {
      rmSync(pidFile(home), { force: true })
      database.close()
    },
  }
}

/**
 * Who runs the home; undefined if nobody does. Asks the lock itself: a process id in a file may have gone to another
 * program since a crash. `pid` is missing for the moment in which a node starts.
 */
export async function holderOf(home: string): Promise<{ readonly pid?: number } | undefined> {
  const file = join(home, 'lock')
  if (!existsSync(file)) return undefined
  const { DatabaseSync } = await import('node:sqlite')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true })
    // Takes a shared lock for a moment, which an exclusive one refuses.
    database.exec('SELECT count(*) FROM sqlite_master')
    return undefined
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== sqliteBusy) return undefined
    const pid = recordedPid(home)
    return pid === undefined ? {} : { pid }
  } finally {
    database?.close()
  }
}

function recordedPid(home: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(home), 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
