import { fromHex } from './bytes.ts'
import type { Sha256 } from './id.ts'

/**
 * Who wrote a gossip message in a network of dialect `pubsub`, where gossip itself signs and checks (StrictSign): the
 * `from` and `seqno` of the message.
 */
export interface Signed {
  /** As {@link Message.author}. */
  readonly author: Uint8Array
  /** 64 bits without sign; grows with each message of an author, over all topics and mostly with gaps. */
  readonly seqno: bigint
}

/** The message id where gossip signs: SHA-256 of the gossip id, which is author ‖ seqno and has no fixed length. */
export const signedMessageId = (sha256: Sha256, gossipId: string): Uint8Array =>
  sha256(fromHex(gossipId) ?? new Uint8Array())

/**
 * Whether a number that our key signed, on a message that is not known, can be ours. Numbers begin at the wall clock in ns
 * at the start of a life and an epoch is that clock in ms or later: what is beyond this life's epoch is somebody else's.
 */
export const isOwnSeqno = (seqno: bigint, epoch: number): boolean => seqno <= BigInt(epoch) * 1_000_000n
