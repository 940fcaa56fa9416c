import type { PeerId } from '../event.ts'
import type { OrphanRefusal } from '../pool/orphan-pool.ts'

/** A block of the index. */
export interface Block<T = unknown> {
  /** The chain's own id. */
  readonly id: string
  readonly parentId: string
  readonly height: number
  /** Of it and all before it. */
  readonly totalWork: bigint
  /** What the caller keeps with it. */
  readonly item: T
}

/** A block as it comes. */
export interface NewBlock<T = unknown> {
  readonly id: string
  readonly parentId: string
  /** What it adds to the total: positive. 1 for each block makes the longest chain the best. */
  readonly work: bigint
  readonly item: T
  /** Bytes, for the bounds of what is parked. Default 256. */
  readonly size?: number
}

/**
 * Why a block is not taken: `invalid`: it was found so before; `invalid-parent`: one before it was; `check`: by the check that the index was
 * given; `work`: not positive; `final`: it would be beside what is final; `side`: too many blocks beside the best chain, and those have more
 * work; or why it is not parked.
 */
export type BlockRefusal = 'invalid' | 'invalid-parent' | 'check' | 'work' | 'final' | 'side' | OrphanRefusal

/** A block that was not taken. */
export interface RefusedBlock {
  readonly id: string
  readonly reason: BlockRefusal
  /** What the check said. */
  readonly detail?: string
  /** Who sent it. */
  readonly peers: readonly PeerId[]
}

/** The best chain has another tip. */
export interface ChainMove<T = unknown> {
  readonly from: Block<T>
  readonly to: Block<T>
  /** The last block that both have. */
  readonly fork: Block<T>
  /** What is no longer part of it, from the old tip down. Empty if it only grew. */
  readonly left: readonly Block<T>[]
  /** What is part of it now, up to the new tip. */
  readonly joined: readonly Block<T>[]
}

/** What has changed. */
export interface ChainChange<T = unknown> {
  /** New in the index, parents first. */
  readonly connected: readonly Block<T>[]
  readonly refused: readonly RefusedBlock[]
  readonly move: ChainMove<T> | undefined
  /** What can never leave the best chain any more, from now on, in order. */
  readonly final: readonly Block<T>[]
  /** No longer in the index: beside what is final, too many, or invalid. */
  readonly dropped: readonly Block<T>[]
}

/** What became of a block. */
export interface ChainResult<T = unknown> extends ChainChange<T> {
  /** `best`: on the best chain; `side`: on another branch; `parked`: until its parent comes. */
  readonly status: 'best' | 'side' | 'parked' | 'known' | 'refused'
  readonly reason?: BlockRefusal
  /** While it is parked: the first block before it that is not there. What to ask for. */
  readonly missing?: string
}
