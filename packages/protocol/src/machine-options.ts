import type { ParkBounds } from './defer/park.ts'
import type { PeerId } from './event.ts'
import type { FetchOptions } from './fetch/options.ts'
import type { Sha256 } from './id.ts'
import type { RangeSummary } from './reconcile/key-range.ts'
import type { Reason } from './verdict.ts'

/** Options of a {@link Machine}. */
export interface MachineOptions {
  /** 32 bytes; part of what every envelope signs. */
  readonly networkId: Uint8Array
  /** Our Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array
  /** What peers call us. Default: the peer id of `author`. */
  readonly peerId?: PeerId
  /** This life of the node; see {@link EnvelopeBody.epoch}. */
  readonly epoch: number
  /** A random 32-bit word, fresh in each life. */
  readonly salt: number
  /** A faster SHA-256 than the built-in one, if the host has it. */
  readonly sha256?: Sha256
  /** Messages per envelope at most, 1 to 1024; 1 turns batching off. Default 1024: size is what limits. */
  readonly batchMax?: number
  /** Ids remembered at least, for dedup. Default 524,288 (at most 32 MiB of tables). A guess. */
  readonly seenMin?: number
  /** Budget of the journal in bytes. Default 16 MiB: about 20,000 lone messages or 90,000 in batches of 32. */
  readonly journalBytesMax?: number
  /**
   * What envelopes under check may cost in memory, those of one peer and all: payload and overhead. Defaults 4 MiB and
   * 16 MiB: 67 full envelopes, or about 2,000 lone messages, from one peer.
   */
  readonly pendingBytesPerPeerMax?: number
  readonly pendingBytesMax?: number
  /** Bytes of ours waiting per topic, 100 for each message beside its payload. Default 8 MiB. */
  readonly queueBytesMax?: number
  /** Memory of messages of others that wait for the disk. Default 32 MiB; what exceeds it is relayed but not kept. */
  readonly storeBytesMax?: number
  /** Time between two rounds of reconciliation, in ms. Default 10,000. */
  readonly reconcileIntervalMs?: number
  /** How much may wait to be judged again. Default: {@link parkBounds}. */
  readonly parkBounds?: ParkBounds
  /** How long something may wait to be judged again, in ms. Default 600,000. */
  readonly deferMsMax?: number
  /** Bounds and times of fetching bodies. Defaults: {@link FetchOptions}. */
  readonly fetch?: Partial<FetchOptions>
  /** How far back this node catches up, in ms of author time. Default 0: all that peers hold. */
  readonly reconcileBackMs?: number
}

/** What a machine holds at present: sizes for status, metrics and tests. */
export interface Snapshot {
  readonly seen: number
  readonly seenBytes: number
  readonly journalBytes: number
  readonly pendingBytes: number
  /** Messages in the store, over all topics, and bytes on their way there. */
  readonly held: number
  readonly storingBytes: number
  /** Messages that stores of peers hold and this node does not want. */
  readonly refused: number
  /** Envelopes that wait for their bodies, and bytes of bodies in memory. */
  readonly awaiting: number
  readonly bodyBytes: number
  /** Requests for chunks of bodies that timed out so far. */
  readonly lateChunks: number
  /** Envelopes that wait to be judged again, and what they cost in memory. */
  readonly parked: number
  readonly parkedBytes: number
}

/** What a node holds of a topic within a range, and how much it does not want. */
export interface TopicSummary extends RangeSummary {
  /** The range, in µs of author time: `from` is not below the floor. */
  readonly from: number
  readonly end: number
  /** Messages of stores of peers that are refused here, by reason, whatever their time. */
  readonly refused: Readonly<Partial<Record<Reason, number>>>
}

/** How far the body of a message is. */
export interface BodyProgress {
  /** Bytes of all of it. */
  readonly size: number
  /** Chunks that have come, of how many. */
  readonly have: number
  readonly of: number
  /** Who is asked now. */
  readonly peers: readonly PeerId[]
}
