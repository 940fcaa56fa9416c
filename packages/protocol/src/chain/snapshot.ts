import type { Block } from './block.ts'

/** What a chain index knows, as plain data. */
export interface ChainSnapshot<T = unknown> {
  /** Ids of the best chain below the root, ending with the root's parent. */
  readonly finalIds: readonly string[]
  /** The root, and then all other blocks in the order in which they came: parents before children. */
  readonly blocks: readonly Pick<Block<T>, 'id' | 'parentId' | 'height' | 'totalWork' | 'item'>[]
  /** Ids known to be invalid. */
  readonly invalid: readonly string[]
}
