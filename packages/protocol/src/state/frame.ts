import type { Head } from './owner-state.ts'

/** Bytes of a frame at most, without the length that the stream puts before it. */
export const stateFrameSizeMax = 98_304

/** Ranges of owner ids in an opening at most; a power of two. */
export const rangesMax = 512

/** Bytes of a mark: id 16, epoch 6, version 6, start of the root 4. */
export const markSize = 32

/** What a node has of one owner. `version` 0: nothing. */
export interface Mark {
  /** The first 16 bytes of the owner's key, as a key of maps: one character a byte, whose order is that of the bytes. */
  readonly id: string
  readonly epoch: number
  readonly version: number
  /** The first four bytes of the root as a number. */
  readonly tag: number
}

/** Entries of one owner after version `from`, in order, and the head that they lead to. */
export interface Delta {
  readonly head: Head
  /** 0: from the beginning, whatever the receiver has. */
  readonly from: number
  /** Entries as they are on the wire. */
  readonly entries: readonly Uint8Array[]
  /** True if there are more than fit. */
  readonly isCut: boolean
}

/** One step of an exchange. */
export interface ExchangeFrame {
  readonly type: 'exchange'
  /** Chosen by who opens, 1 to 2^32 − 1. */
  readonly exchange: number
  /** 1 to 4. */
  readonly step: number
  /** Into how many ranges the ids are cut: a power of two up to 512, or 0 if it matters to nothing in this frame. */
  readonly split: number
  /** Two 32-bit words for each range; empty but in an opening. */
  readonly fingerprints: Uint32Array
  /** Ranges of which `marks` has all owners, ascending. */
  readonly covered: readonly number[]
  /** Ascending by id, none twice. */
  readonly marks: readonly Mark[]
  readonly deltas: readonly Delta[]
  /** Of step 2: where the sender is on the map of round trips, in the bytes of a coordinate. */
  readonly place?: Uint8Array
}

/** A sign of life, for those who watch the sender. */
export interface BeatFrame {
  readonly type: 'beat'
  /** The sender's life. */
  readonly epoch: number
  /** Counts up in a life, from 1. */
  readonly count: number
}

/** What nodes say on protocol `/grapevine/state/1`. */
export type StateFrame = ExchangeFrame | BeatFrame
