/**
 * Which chain of blocks is the best one (docs/relay.md). Pure: blocks in, what changed out.
 *
 * @example
 * ```ts
 * const index = new ChainIndex({ root: { id: genesisId, item: genesis } })
 * const { status, move } = index.add({ id, parentId, work, item: header }, peer, now)
 * if (move !== undefined) pool.update({ left: move.left.flatMap(transactionsOf), joined: move.joined.flatMap(transactionsOf) }, now)
 * ```
 */
export type * from './block.ts'
export { ChainIndex, type ChainRoot } from './chain-index.ts'
export { chainOptions, type ChainOptions } from './options.ts'
export type { ChainSnapshot } from './snapshot.ts'
