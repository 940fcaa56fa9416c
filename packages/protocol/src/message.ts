import type { PeerId } from './event.ts'

/** A message as its reader gets it. */
export interface Message {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly topic: string
  /**
   * The author's Ed25519 public key, 32 bytes; empty for a raw message of another node, which nobody signed. In a network
   * of dialect `pubsub` it may be of another kind: then the bytes of its peer id, more than 32.
   */
  readonly author: Uint8Array
  /** The peer that delivered it; absent for our own. */
  readonly from?: PeerId
  readonly epoch: number
  readonly sequence: number
  /** Dialect `pubsub`: the number that the author gave, in place of epoch and sequence, which are 0. */
  readonly seqno?: bigint
  /** Author time, microseconds since 1970. Where messages carry none, when it came. */
  readonly time: number
  /** Ids of the messages that it refers to, 32 bytes each; absent where there are none. */
  readonly parents?: readonly Uint8Array[]
  /** Of a fetched body of more than 256 KiB only a validator gets the bytes; for readers this is empty, and `fetched` is there. */
  readonly payload: Uint8Array
  /** The payload was not in its envelope: its size in bytes, and the root under which it is kept. */
  readonly fetched?: { readonly size: number; readonly root: Uint8Array }
  /** The number under which the store of this node has it; absent where it is not kept. */
  readonly arrival?: number
  /** Absent: as it was published. `history`: later, from a store. */
  readonly via?: 'history'
}
