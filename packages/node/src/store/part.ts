import type { Database } from './database.ts'
import type { Facts } from './fact.ts'
import type { Topics } from './topics.ts'

/** What a part of the store gets to work with, in the worker thread. */
export interface PartContext {
  readonly database: Database
  /** Small things that must survive anything: twice on disk, with a checksum. */
  readonly facts: Facts
  readonly topics: Topics
}

/**
 * A call of a part that changes something. What it takes and gives crosses threads: plain data, and `Uint8Array`s of
 * their own. It runs within the transaction of a group commit, after the records of the batch, and its answer comes
 * after the commit; if it throws, what it wrote is undone, and its caller alone gets the error.
 */
export interface WriteCall<Args, Result> {
  readonly write: (args: Args) => Result
}

/** A call of a part that changes nothing: answered at once. */
export interface ReadCall<Args, Result> {
  readonly read: (args: Args) => Result
}
