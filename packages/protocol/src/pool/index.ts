/**
 * What a relay holds that is not final yet (docs/relay.md). Pure and bounded: no clock, no I/O; what a peer can make grow is counted
 * for that peer.
 *
 * @example
 * ```ts
 * const orphans = new OrphanPool<Uint8Array>()
 * orphans.add({ id: 'child', parents: ['parent'], item: bytes, weight: bytes.length, peer }, now)
 * // fetch what `orphans.missing()` names; when it was accepted:
 * for (const { item, peers } of orphans.resolve('parent')) judgeAgain(item, peers)
 * ```
 */
export { type TransactionPoolOptions, transactionPoolOptions } from './options.ts'
export * from './orphan-pool.ts'
export * from './saved.ts'
export type * from './transaction.ts'
export { TransactionPool } from './transaction-pool.ts'
