import type { PartLog } from '../log/log.ts'
import type { KeyChunk } from './keys.ts'
import type { TopicDamage } from './quarantine.ts'
import type { StoredRecord } from './record.ts'
import type { StoreState } from './worker-call.ts'

/** Options of opening a store. */
export interface StoreOptions {
  /** The database file; its folder is there. */
  readonly path: string
  /** Size of the file that is given up when the disk is full, so that deleting still works. Default 16 MiB; 0: none. */
  readonly reserveBytes?: number
  readonly log?: PartLog
  /** Messages that are no longer there, because a bit error hit them, and some that are there again. */
  readonly onDamage?: (damage: StoreDamage) => void
  /**
   * The database no longer hung together, and was made anew from what could be read, while the store was in use: what
   * memory says of the keys is to be made anew too.
   */
  readonly onSalvaged?: (state: StoreState) => void
}

/** What a retention did. */
export interface Retention {
  /** Author time, µs: nothing older is kept. */
  readonly floor: number
  /** Floors of single authors above it, by their key in hex. */
  readonly authorFloors: Readonly<Record<string, number>>
  /** The messages that are gone. */
  readonly gone: readonly KeyChunk[]
}

/** What a bit error did. */
export interface StoreDamage {
  readonly lost: readonly TopicDamage[]
  readonly restored: readonly TopicDamage[]
}

/** Some records, in the order that was asked for. */
export interface RecordPage {
  /** They share one buffer: copy what is kept for long. */
  readonly records: readonly StoredRecord[]
  /** Whether a limit cut the answer. */
  readonly isCut: boolean
  /** Arrival of the last record that was looked at, given or not: behind it goes on what was cut; 0 if none was. */
  readonly lookedAt: number
}
