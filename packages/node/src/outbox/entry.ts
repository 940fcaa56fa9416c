import { keySize, type OutboxView, type StoreRecord } from '@grapevine/protocol'
import type { OwnPlace } from '../store/outbox.ts'

/** An envelope of ours that nobody else is known to hold. */
export interface OutboxEntry extends OwnPlace {
  readonly topic: string
  /** Messages in it. */
  readonly messages: number
  /** Author time, µs. */
  readonly time: number
  /** `queued`: no peer had it; `sent`: gossip gave it to peers, or another life of the node may have. */
  state: OutboxView['state']
  /** Peers that gossip gave it to in this life. */
  readonly sent: Set<string>
  /** Hex; absent for one that an earlier life published. */
  gossipId?: string
  /** How its first message is called; read from disk when it is needed. */
  name?: EntryName
  /** Arrival number in our store, once it is known. */
  arrival?: number
}

/** What stores, and questions to them, call a message. */
export interface EntryName {
  /** Author time, µs; 0 on topics whose ids come from content. */
  readonly time: number
  /** The first 16 bytes of the seen key. */
  readonly key: Uint8Array
  /** The id; of one that is the key itself, its first 16 bytes. */
  readonly id: Uint8Array
}

/** The name of a record's first message. */
export const nameOf = ({ keyTime, keys, ids }: Pick<StoreRecord, 'keyTime' | 'keys' | 'ids'>): EntryName => {
  const key = keys.slice(0, keySize)
  return { time: keyTime, key, id: ids?.slice(0, (ids.length / keys.length) * keySize) ?? key }
}

/** Which of two envelopes comes first in what we said: negative, 0 or positive. */
export const comparePlaces = (one: OwnPlace, other: OwnPlace): number =>
  one.epoch - other.epoch || one.sequence - other.sequence

/** The place right before an envelope. */
export const placeBefore = ({ epoch, sequence }: OwnPlace): OwnPlace => ({ epoch, sequence: sequence - 1 })

/** Before everything. */
export const firstPlace: OwnPlace = { epoch: 0, sequence: 0 }
