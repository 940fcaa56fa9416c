import type { Millis, PeerId } from '../event.ts'

/** A transaction, as a pool sees it: its validity has been checked. */
export interface PoolTransaction<T = unknown> {
  /** The chain's own id, in a form of the caller's choice. */
  readonly id: string
  /** Whose nonces it counts. */
  readonly sender: string
  /** A safe integer. */
  readonly nonce: number
  /** The most that it pays for a unit of room in a block, the base fee included. */
  readonly feeCap: bigint
  /** The most that it pays beyond the base fee. Without base fees: the same as `feeCap`. */
  readonly tip: bigint
  /** Bytes. */
  readonly size: number
  /** The most that it takes from its sender's balance. Default 0. */
  readonly cost?: bigint
  /** Whatever the caller wants to find with it. */
  readonly item: T
}

/** `ready`: all nonces before it are there or done; `queued`: something is missing before it. */
export type PoolStatus = 'ready' | 'queued'

/** A transaction in the pool. */
export interface Pooled<T = unknown> {
  readonly transaction: PoolTransaction<T>
  readonly status: PoolStatus
  /** Since when it has this status. */
  readonly since: Millis
  /** The peer that brought it; empty if none did. */
  readonly peer: PeerId
}

/** What the chain says of a sender. */
export interface AccountFacts {
  /** The next nonce that the chain takes. */
  readonly nonce: number
  /** What it can spend. Absent: it is not looked at. */
  readonly balance?: bigint
}

/**
 * Why a transaction is not taken: `known`: it is here; `oversize`: larger than one may be; `underpriced`: below the floor; `nonce`: no
 * safe integer; `stale`: the chain has this nonce; `far`: too far ahead of what is known; `unaffordable`: beyond the
 * sender's balance; `replacement`: another one has this nonce, and this one does not pay enough more; `overdraft`: it would replace another and
 * leave too little for those behind it; `account-full`: its sender has no room; `full`: there is no room, and what is there
 * pays more; `queue-full`: something is missing before it, and its peer has the most of such already.
 */
export type PoolRefusal =
  | 'known'
  | 'oversize'
  | 'underpriced'
  | 'nonce'
  | 'stale'
  | 'far'
  | 'unaffordable'
  | 'replacement'
  | 'overdraft'
  | 'account-full'
  | 'full'
  | 'queue-full'

/**
 * Why a transaction is no longer here: `included`: in a block; `stale`: another of its nonce is in a block; `replaced`: by one that pays
 * more; `evicted`: for room; `account-full`: for one of the same sender with a lower nonce; `expired`; `deleted`: by the caller;
 * or a refusal, for one that a reorganisation gave back.
 */
export type PoolDrop = 'included' | 'replaced' | 'evicted' | 'expired' | 'deleted' | PoolRefusal

/** What has changed, in order: a transaction has become ready or queued, or is gone. */
export type PoolChange<T = unknown> =
  | { readonly type: PoolStatus; readonly transaction: PoolTransaction<T> }
  | { readonly type: 'dropped'; readonly transaction: PoolTransaction<T>; readonly reason: PoolDrop }

/** What became of a transaction. */
export type PoolResult<T = unknown> =
  | { readonly status: PoolStatus; readonly changes: readonly PoolChange<T>[] }
  /** Nothing has changed, but for the queue: see `queue-full`. */
  | { readonly status: 'refused'; readonly reason: PoolRefusal; readonly changes: readonly PoolChange<T>[] }

/** The chain has moved. */
export interface PoolUpdate<T = unknown> {
  /** Transactions of blocks that are no longer part of it: they come back, unless they joined again. */
  readonly left?: readonly PoolTransaction<T>[]
  /** Transactions of blocks that are part of it now. */
  readonly joined?: readonly Pick<PoolTransaction, 'id' | 'sender' | 'nonce'>[]
  /** Other senders of which the chain says something new. */
  readonly changed?: readonly string[]
  /** Of the next block. Absent: as before. */
  readonly baseFee?: bigint
}
