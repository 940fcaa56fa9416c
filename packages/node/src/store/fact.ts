import { hash } from 'node:crypto'
import type { Database } from './database.ts'

const sumOf = (name: string, value: string): Uint8Array => hash('sha256', `${name}\0${value}`, 'buffer').subarray(0, 8)
/** Whether a row says what was written. */
export const isFact = (name: string, value: string, sum: Uint8Array): boolean =>
  Buffer.compare(sumOf(name, value), sum) === 0

const tables = ['fact', 'fact_copy'] as const

/**
 * Small things that follow from nothing else (floors, consumers, the log epoch), as JSON under a name. Each is kept
 * twice, on different pages, with a checksum: a damaged copy is made anew from the other.
 */
export class Facts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The value of a fact; undefined if it was never said, or if both copies are damaged. */
  get(name: string): unknown {
    for (const table of tables) {
      const value = this.#read(table, name)
      if (value !== undefined) return JSON.parse(value)
    }
    return undefined
  }

  /** Within a transaction. */
  set(name: string, value: unknown): void {
    const json = JSON.stringify(value)
    const sum = sumOf(name, json)
    for (const table of tables) this.#database.run(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`, name, json, sum)
  }

  /** Within a transaction; returns whether there was one. */
  delete(name: string): boolean {
    const deleted = tables.map((table) => this.#database.run(`DELETE FROM ${table} WHERE name = ?`, name))
    return deleted.some((rows) => rows > 0)
  }

  /** All facts whose name begins with this, by name. */
  list(prefix: string): ReadonlyMap<string, unknown> {
    const names = new Set(
      tables.flatMap((table) =>
        this.#database
          .all(`SELECT name FROM ${table} WHERE name >= ? AND name < ?`, prefix, `${prefix}\u{10FFFF}`)
          .map(([name]) => String(name)),
      ),
    )
    const found = [...names].toSorted().map((name) => [name, this.get(name)] as const)
    return new Map(found.filter(([, value]) => value !== undefined))
  }

  /** Writes each damaged copy anew, and drops what is damaged twice; within a transaction. Returns how many were damaged. */
  repair(): number {
    let damaged = 0
    for (const table of tables) {
      const names = this.#database.all(`SELECT name FROM ${table}`).map(([name]) => String(name))
      for (const name of names.filter((of) => this.#read(table, of) === undefined)) {
        damaged++
        const value = this.get(name)
        if (value === undefined) this.delete(name)
        else this.set(name, value)
      }
    }
    const missing = tables.flatMap((table, index) =>
      this.#database.all(`SELECT name FROM ${table} EXCEPT SELECT name FROM ${tables[1 - index]!}`),
    )
    for (const [name] of missing) this.set(String(name), this.get(String(name)))
    return damaged + missing.length
  }

  #read(table: string, name: string): string | undefined {
    const [value, sum] = this.#database.get(`SELECT value, sum FROM ${table} WHERE name = ?`, name) ?? []
    if (typeof value !== 'string' || !(sum instanceof Uint8Array)) return undefined
    return isFact(name, value, sum) ? value : undefined
  }
}
