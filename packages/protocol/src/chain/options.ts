import type { OrphanOptions } from '../pool/orphan-pool.ts'
import type { Block, NewBlock } from './block.ts'

/** Bounds and rules of a {@link ChainIndex}. */
export interface ChainOptions<T> {
  /**
   * How far below the best tip nothing changes any more. Default 100: a guess, the depth from which Bitcoin lets new coins be spent.
   * Infinity: never; then all blocks stay in memory, about 300 bytes each.
   */
  readonly finalityDepth: number
  /** Ids of final blocks that are remembered, about 150 bytes each. Default 100,000. */
  readonly finalIdsMax: number
  /** Blocks beside the best chain. Default 10,000. When there are more, ends of branches with the least work go. */
  readonly sideMax: number
  /** Ids that were found invalid and are remembered. Default 10,000. */
  readonly invalidMax: number
  /** Bounds of what waits for its parent. */
  readonly parked: Partial<OrphanOptions>
  /**
   * Looks at a block when its parent is in the index, at the latest moment before it is part of it: returns why it is invalid, if it is. It may
   * ask the index, but not change it.
   */
  readonly check?: (block: NewBlock<T>, parent: Block<T>) => string | undefined
}

/** The defaults of {@link ChainOptions}. */
export const chainOptions: Omit<ChainOptions<never>, 'check'> = Object.freeze({
  finalityDepth: 100,
  finalIdsMax: 100_000,
  sideMax: 10_000,
  invalidMax: 10_000,
  parked: Object.freeze({}),
})
