import { hash } from 'node:crypto'
import type { Database } from './database.ts'
import type { Facts } from './fact.ts'
import { sumStart } from './frame.ts'
import type { SpanEnds } from './conflict.ts'
import type { Topics } from './topics.ts'

/** What the worker's parts share: one open database and what memory says of it. */
export interface Context {
  readonly database: Database
  readonly facts: Facts
  readonly topics: Topics
  readonly spanEnds: SpanEnds
}

/** The checksum of a record's frame: the first 8 bytes of SHA-256 over arrival, topic and data. */
export const frameSum = (frames: Uint8Array, at: number, size: number): Uint8Array =>
  hash('sha256', frames.subarray(at + sumStart, at + size), 'buffer').subarray(0, 8)
