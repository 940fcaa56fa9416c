/**
 * What a node keeps of its topics, on disk.
 *
 * ```ts
 * const store = await Store.open({ path: 'store.db' })
 * const [{ arrival }] = await store.append([record])   // on disk now
 * const { records } = await store.readArrivals({ topics: ['chat'], after: 0, messagesMax: 100, bytesMax: 1 << 20 })
 * ```
 */
export { Store } from './store.ts'
export type { RecordPage, Retention, StoreDamage, StoreOptions } from './store-types.ts'
export type { AuthorLife } from './authors.ts'
export type { Appended } from './commit-queue.ts'
export type { TopicDamage } from './quarantine.ts'
export type { ScrubReport } from './scrubber.ts'
export type { KeyChunk } from './keys.ts'
export type { ArrivalRange } from './read.ts'
export type { RecordKey, StoredRecord, StoreRecord } from './record.ts'
export type { RetentionPolicy } from './retention.ts'
export type { RecordSearch } from './search.ts'
export type { StoreState, TopicState } from './worker-call.ts'
export type { Consumer, ConsumerMove } from './consumers.ts'
