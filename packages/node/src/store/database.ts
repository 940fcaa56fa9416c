import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** A value in a row, as SQLite gave it: after a bit error not always what the schema says. */
export type Value = null | number | bigint | string | Uint8Array

const settings = `
  PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -4000;
  PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;
`

/**
 * One connection, owned by the worker thread. Statements are prepared once, and rows are arrays. Nothing stays open
 * between calls, so that a checkpoint is never held up.
 */
export class Database {
  readonly #sqlite: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #onRollback: (() => void)[] = []
  #isOpen = true

  /**
   * Opens or creates the file. Exclusive locking keeps a second process out, and needs no shared memory file. The WAL
   * is synced at each commit; checkpoints are asked for, never hidden in somebody's commit.
   */
  constructor(path: string) {
    // SQLite would make it for everybody to read; the WAL has the mode of its database.
    closeSync(openSync(path, 'a', 0o600))
    this.#sqlite = new DatabaseSync(path, { timeout: 200 })
    try {
      this.#sqlite.exec(settings)
    } catch (error) {
      // Left open, it would keep the next one out.
      this.#sqlite.close()
      throw error
    }
  }

  exec(sql: string): void {
    this.#sqlite.exec(sql)
  }

  /** Runs a statement, and returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes)
  }

  /** The first row, or undefined. */
  get(sql: string, ...values: SQLInputValue[]): readonly Value[] | undefined {
    return this.#prepared(sql).get(...values) as unknown as readonly Value[] | undefined
  }

  all(sql: string, ...values: SQLInputValue[]): readonly (readonly Value[])[] {
    return this.#prepared(sql).all(...values) as unknown as readonly (readonly Value[])[]
  }

  /** The first column of all rows, which are numbers. */
  numbers(sql: string, ...values: SQLInputValue[]): number[] {
    return this.all(sql, ...values).map(([value]) => Number(value))
  }

  /** Runs `work` in a transaction that is on disk when this returns. A throw of either rolls back and goes on. */
  transaction<Result>(work: () => Result): Result {
    this.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  /** Runs `work` within a transaction; what it wrote is gone if it throws. */
  attempt<Result>(work: () => Result): Result {
    this.exec('SAVEPOINT attempt')
    try {
      return work()
    } catch (error) {
      if (this.#sqlite.isTransaction) this.exec('ROLLBACK TO attempt')
      for (const forget of this.#onRollback) forget()
      throw error
    } finally {
      if (this.#sqlite.isTransaction) this.exec('RELEASE attempt')
    }
  }

  /** Calls back when a transaction was undone: what memory says of the database is no longer true. */
  onRollback(forget: () => void): void {
    this.#onRollback.push(forget)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#statements.clear()
    this.#sqlite.close()
  }

  #rollBack(): void {
    try {
      // SQLite has rolled back by itself after some errors.
      if (this.#sqlite.isTransaction) this.exec('ROLLBACK')
    } finally {
      for (const forget of this.#onRollback) forget()
    }
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#sqlite.prepare(sql)
    statement.setReturnArrays(true)
    this.#statements.set(sql, statement)
    return statement
  }
}
