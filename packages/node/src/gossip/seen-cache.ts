import { hash } from 'node:crypto'
import { IdTable, type IdTableOptions } from '@grapevine/protocol'
import type { SeenCache } from './internals.ts'

/**
 * Gossipsub's cache of seen ids in flat memory: at most 32 bytes an id and `2 × idsMin` ids, where the stock one keeps
 * about 300 bytes for each of any number for two minutes. Ids stay for one to two periods of `ttlMs`.
 */
export class BoundedSeenCache implements SeenCache {
  readonly #options: IdTableOptions
  readonly #ttlMs: number
  readonly #now: () => number
  #ids: IdTable
  #turnedAt: number

  constructor(options: IdTableOptions & { readonly ttlMs: number; readonly now: () => number }) {
    this.#options = options
    this.#ttlMs = options.ttlMs
    this.#now = options.now
    this.#ids = new IdTable(options)
    this.#turnedAt = options.now()
  }

  get size(): number {
    return this.#ids.size
  }

  get byteLength(): number {
    return this.#ids.byteLength
  }

  has(key: string): boolean {
    return this.#ids.has(idOf(key))
  }

  put(key: string): boolean {
    return !this.#ids.add(idOf(key))
  }

  /** Called by gossipsub at each heartbeat. */
  prune(): void {
    if (this.#now() - this.#turnedAt < this.#ttlMs) return
    this.#ids.turn()
    this.#turnedAt = this.#now()
  }

  clear(): void {
    this.#ids = new IdTable(this.#options)
  }
}

/** The table looks at 16 bytes. Keys of 64 hex digits are hashes; others, which begin with an author, are hashed here. */
const scratch = Buffer.alloc(16)
function idOf(key: string): Uint8Array {
  if (key.length !== 64) return hash('sha256', key, 'buffer').subarray(0, 16)
  const written = scratch.write(key.slice(0, 32), 'hex')
  if (written < 16) scratch.fill(0, written)
  return scratch
}
