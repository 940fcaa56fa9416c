/** How a record came here: live by gossip, fetched when stores were compared, or published by this node. */
export type RecordVia = 'live' | 'history' | 'own'

/**
 * One wire envelope (or raw payload) of one topic with those of its messages that were accepted. All of them share
 * author, epoch and author time.
 */
export interface StoreRecord {
  readonly topic: string
  /** What came over the wire, up to 1 MiB. */
  readonly bytes: Uint8Array
  /** Author time, µs since 1970; for a raw payload the time of its arrival. A safe integer. */
  readonly time: number
  /** What the record is ordered by: `time`, or 0 on a topic whose ids are by content. */
  readonly keyTime: number
  /** 32 bytes; empty for a raw payload. */
  readonly author: Uint8Array
  readonly epoch: number
  /** Of the envelope's first message. */
  readonly sequence: number
  /** Messages in the envelope, 1 to 1,024. */
  readonly count: number
  /** Which of them are kept, ascending; undefined: all. */
  readonly kept: readonly number[] | undefined
  /** For each kept message the first 16 bytes of its dedup key, concatenated. */
  readonly keys: Uint8Array
  /** The one message's id, 1 to 32 bytes, on a topic whose ids are by content; else undefined. */
  readonly id: Uint8Array | undefined
  /** Peer id of the neighbour that sent it; undefined for our own. At most 255 bytes. */
  readonly from: string | undefined
  /** Wall clock, µs since 1970. */
  readonly arrivedAt: number
  readonly via: RecordVia
}

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

/** Bytes of a key. */
export const keySize = 16
/** Most messages of one record. */
export const messagesPerRecordMax = 1024
/** Most wire bytes of one record. */
export const recordBytesMax: number = 1 << 20

/** How many messages of a record are kept. */
export const keptCount = (record: Pick<StoreRecord, 'keys'>): number => record.keys.length / keySize
