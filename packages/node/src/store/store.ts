import type { PartLog } from '../log/log.ts'
import { type Appended, CommitQueue } from './commit-queue.ts'
import { readFrames } from './frame.ts'
import { keySize, type RecordKey, type StoredRecord, type StoreRecord } from './record.ts'
import type { KeyChunk } from './keys.ts'
import type { CallArgs, CallResult, ReadName, WriteName } from './parts.ts'
import type { ArrivalRange, FramePage } from './read.ts'
import type { Removal } from './remove.ts'
import type { StoreState } from './worker-call.ts'
import { WorkerLink } from './worker-link.ts'

/** Options of {@link Store.open}. */
export interface StoreOptions {
  /** The database file; its folder is there. */
  readonly path: string
  /** Size of the file that is given up when the disk is full, so that deleting still works. */
  readonly reserveBytes?: number
  readonly log?: PartLog
}

/** Some records, in the order that was asked for. */
export interface RecordPage {
  /** They share one buffer: copy what is kept for long. */
  readonly records: readonly StoredRecord[]
  /** Whether a limit cut the answer. */
  readonly isCut: boolean
}

const reserveBytesDefault = 4 << 20

/**
 * A node's messages on disk: SQLite in a thread of its own. What was acknowledged is synced to disk; what is read was
 * checked against its checksum. All methods reject with a NodeError: `disk` for a full or failing disk, `overloaded`
 * when more is to be stored than the disk takes, `stopped` after {@link Store.close}.
 */
export class Store {
  #link: WorkerLink
  #opened!: StoreState
  readonly #queue = new CommitQueue((batch, transfer) => this.#link.request('write', batch, transfer))

  private constructor() {
    this.#link = new WorkerLink(() => {})
  }

  /** Opens the database, or makes it. */
  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store()
    const { path, reserveBytes = reserveBytesDefault } = options
    store.#opened = await store.#link.request('open', { path, reserveBytes })
    if (store.#opened.movedAside !== undefined) {
      options.log?.error('the store could not be opened: it was moved aside, and a new one begun', {
        movedAside: store.#opened.movedAside,
      })
    }
    void store.#sweep().catch((error: unknown) => options.log?.warn('cannot delete', { error: String(error) }))
    return store
  }

  /** What the store had when it was opened. */
  get opened(): StoreState {
    return this.#opened
  }

  /** What it has now. */
  state(): Promise<StoreState> {
    return this.#link.request('state', undefined)
  }

  /**
   * Stores records, in order; resolves when they are on disk, with what became of each. What is asked for while a
   * commit runs shares the next one. The bytes must stay as they are until then.
   */
  append(records: readonly StoreRecord[]): Promise<readonly Appended[]> {
    return this.#queue.append(records)
  }

  /** All keys of a topic from its floor on, in the order of (time, key), some 32,000 at a time. */
  async *keys(topic: string): AsyncGenerator<KeyChunk, void, void> {
    let after: Uint8Array | undefined
    for (;;) {
      const { last, times, keys } = await this.#link.request('keys', { topic, after })
      if (times.length > 0) yield { times, keys }
      if (last === undefined) return
      after = last
    }
  }

  /** The records of some messages, each record once; what is not there is left out. At least one comes, then up to `bytesMax`. */
  async load(topic: string, keys: readonly RecordKey[], bytesMax: number): Promise<RecordPage> {
    const own = keys.map(({ time, key }) => ({ time, key: key.slice(0, keySize) }))
    return this.#page(await this.#link.request('load', { topic, keys: own, bytesMax }))
  }

  /**
   * Records by when they came: those with messages numbered between `after` and `before`. The first may begin before
   * `after`. Continue after the last message of the last record while `isCut`.
   */
  async readArrivals(range: ArrivalRange): Promise<RecordPage> {
    return this.#page(await this.#link.request('readArrivals', range))
  }

  /** The record that holds the message with this number; undefined if it is gone. */
  async byArrival(arrival: number): Promise<StoredRecord | undefined> {
    const { records } = await this.readArrivals({
      after: arrival - 1,
      before: arrival + 1,
      messagesMax: 2,
      bytesMax: Infinity,
    })
    return records.find(
      (record) => record.arrival <= arrival && arrival < record.arrival + record.keys.length / keySize,
    )
  }

  /** Deletes what is older than an author time, and keeps the floor; resolves when all of it is gone. */
  async raiseFloor(topic: string, floor: number): Promise<void> {
    while ((await this.#link.request('raiseFloor', { topic, floor })).isCut);
  }

  /** Deletes whole records, and returns the keys that are gone. */
  async remove(topic: string, arrivals: readonly number[]): Promise<KeyChunk> {
    const { keys } = await this.#link.request('remove', { topic, arrivals })
    return keys
  }

  /** Deletes a topic with all of its records. Its name can be used again at once. */
  async removeTopic(topic: string): Promise<void> {
    if (await this.#link.request('retireTopic', { topic })) await this.#sweep()
  }

  /** A write of one of the store's parts; resolves when it is on disk. Within a commit it comes after the records. */
  call<Name extends WriteName>(name: Name, args: CallArgs<Name>): Promise<CallResult<Name>> {
    return this.#queue.write({ name, args }) as Promise<CallResult<Name>>
  }

  /** A read of one of the store's parts. */
  ask<Name extends ReadName>(name: Name, args: CallArgs<Name>): Promise<CallResult<Name>> {
    return this.#link.request('ask', { name, args }) as Promise<CallResult<Name>>
  }

  /** Writes what waits and closes the database. */
  async close(): Promise<void> {
    await this.#link.request('close', undefined)
    await this.#link.end()
  }

  async #sweep(): Promise<void> {
    let removal: Removal
    do removal = await this.#link.request('sweep', undefined)
    while (removal.isCut)
  }

  #page({ frames, topicNames, isCut }: FramePage): RecordPage {
    const names = new Map(topicNames)
    return { records: readFrames(frames, (topic) => names.get(topic)!), isCut }
  }
}
