import { hash } from 'node:crypto'
import type { StoreRecord } from '../../src/store/index.ts'

const sha = (text: string): Uint8Array => new Uint8Array(hash('sha256', text, 'buffer'))

/** 2026-01-01, µs. */
export const newYear = 1_767_225_600_000_000

/** The author called so. */
export const authorCalled = (name: string): Uint8Array => sha(name)

/** A record of one message, unlike any with another number. */
export function recordNumber(number: number, changes: Partial<StoreRecord> = {}): StoreRecord {
  const time = changes.time ?? newYear + number * 1000
  return {
    topic: 'chat',
    bytes: new TextEncoder().encode(`message ${number}`),
    time,
    keyTime: time,
    author: authorCalled('ada'),
    epoch: 7,
    sequence: number,
    count: 1,
    kept: undefined,
    keys: sha(`key ${number}`).slice(0, 16),
    ids: undefined,
    from: 'peer',
    arrivedAt: newYear,
    via: 'live',
    ...changes,
  }
}

/** A record of several messages, whose sequences begin with `first`. */
export function batchFrom(first: number, count: number, changes: Partial<StoreRecord> = {}): StoreRecord {
  const keys = new Uint8Array(count * 16)
  for (let index = 0; index < count; index++) keys.set(sha(`key ${first + index}`).slice(0, 16), index * 16)
  return recordNumber(first, { count, keys, bytes: new TextEncoder().encode(`batch ${first} ${count}`), ...changes })
}
