import type { StoreRecord } from '@grapevine/protocol'

export type { StoreRecord }

/** A record with its place in the arrival sequence. */
export interface StoredRecord extends StoreRecord {
  /** Number of its first kept message; the others have the numbers that follow. */
  readonly arrival: number
}

/** What a message is known by within its topic: the record's `keyTime`, and 16 bytes of the dedup key. */
export interface RecordKey {
  readonly time: number
  readonly key: Uint8Array
}

/** Bytes of a key, as in the protocol: a copy, so that the thread of the store does not load all of that. */
export const keySize = 16
/** Most messages of one record. */
export const messagesPerRecordMax = 1024
/** Most wire bytes of one record. */
export const recordBytesMax: number = 1 << 20

/** How many messages of a record are kept. */
export const keptCount = (record: Pick<StoreRecord, 'keys'>): number => record.keys.length / keySize
