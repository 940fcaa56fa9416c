/**
 * Bodies that are announced and fetched, not pushed (docs/relay.md): in chunks that are checked as they come, from several peers at
 * once. Pure: events in, actions out.
 *
 * @example
 * ```ts
 * const tree = new ChunkTree(body) // who has it: announces id, size and tree.root, and serves tree.chunk(i) with tree.proof(i)
 * const fetcher = new Fetcher({ seed }) // who wants it
 * fetcher.handle({ type: 'offered', peer, id, size, root, isPreferred: true }, now)
 * // [{ type: 'ask', ref, peer, root, index: 0, … }]: ask, and feed back { type: 'chunk', ref, bytes, proof }
 * ```
 */
export * from './chunk-tree.ts'
export type * from './fetch-event.ts'
export * from './frame.ts'
export { Fetcher } from './fetcher.ts'
export { type FetchOptions, fetchOptions } from './options.ts'
export { Shelf } from './shelf.ts'
