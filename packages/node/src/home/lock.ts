import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { NodeError } from '../error.ts'

/** The right to run a home; held by one process, and gone with it. */
export interface HomeLock {
  release(): void
}

/** SQLITE_BUSY: another connection holds the lock. */
const sqliteBusy = 5

const pidFile = (home: string): string => join(home, 'pid')

/**
 * Takes a home for this process, or throws `running` and names the process that has it. The lock is SQLite's own file
 * lock: the kernel lets go of it when the process ends, however it ends, so a dead process never blocks the next.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const sqlite = await import('node:sqlite')
  const file = join(home, 'lock')
  const damaged = (error: unknown): NodeError =>
    new NodeError('home', `${file} is damaged: ${(error as Error).message}`, 'delete it; it holds nothing', {
      cause: error,
    })
  let database: DatabaseSync
  try {
    database = new sqlite.DatabaseSync(file)
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
  writeFileSync(pidFile(home), `${process.pid}\n`, { mode: 0o600 })
  return {
    release() {
      rmSync(pidFile(home), { force: true })
      database.close()
    },
  }
}

/** The process that runs the home, or undefined if none does. Says so by pid file and process table only. */
export function runningPid(home: string): number | undefined {
  const pid = recordedPid(home)
  if (pid === undefined) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined
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
