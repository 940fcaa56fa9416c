import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthorLife } from './authors.ts'
import { type Appended, CommitQueue } from './commit-queue.ts'
import { readFrames } from './frame.ts'
import { keySize, type RecordKey, type StoredRecord, type StoreRecord } from './record.ts'
import type { KeyChunk, KeyPage } from './keys.ts'
import type { CallArgs, CallResult, ReadName, WriteName } from './parts.ts'
import type { ArrivalRange, FramePage } from './read.ts'
import type { Removal } from './remove.ts'
import type { RetainStep, RetentionPolicy } from './retention.ts'
import type { RecordSearch } from './search.ts'
import type { ScrubPosition } from './scrub-slice.ts'
import { scrubFrom, scrubUntilClean, type Scrubbing, type ScrubReport } from './scrubber.ts'
import { GuardedLink } from './guarded-link.ts'
import type { RecordPage, Retention, StoreDamage, StoreOptions } from './store-types.ts'
import type { StoreState } from './worker-call.ts'

/** The WAL, which is up to 8 MiB and one commit long, has to fit in. */
const reserveBytesDefault = 16 << 20

/**
 * A node's messages on disk: SQLite in a thread of its own. What was acknowledged is synced to disk; what is read was
 * checked against its checksum. All methods reject with a NodeError: `disk` for a full or failing disk, `overloaded`
 * when more is to be stored than the disk takes, `stopped` after {@link Store.close}, `internal` for what was under way
 * when the thread ended, which is started again.
 */
export class Store {
  readonly #options: StoreOptions
  readonly #link: GuardedLink
  readonly #queue: CommitQueue
  readonly #stop = new AbortController()
  #opened!: StoreState
  #salvages = 0
  /** The scrub that was asked for last. */
  #scrubbed: Promise<unknown> = Promise.resolve()

  private constructor(options: StoreOptions) {
    const { path, reserveBytes = reserveBytesDefault, log } = options
    this.#options = options
    this.#link = new GuardedLink({ path, reserveBytes }, log, {
      onSalvaged: (state) => {
        this.#salvages++
        this.#opened = state
        this.#tellMoved(state)
        options.onSalvaged?.(state)
      },
    })
    this.#queue = new CommitQueue((batch, transfer) => this.#link.request('write', batch, transfer))
  }

  /** Opens the database, or makes it. Rejects with `home` for one of a newer version, `running` for one in use. */
  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store(options)
    store.#opened = await store.#link.ready
    store.#tellMoved(store.#opened)
    store.#inBackground('delete what was left behind', store.#sweep())
    return store
  }

  /** What the store had when it was opened, or made anew after damage. */
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

  /** All keys of a topic from its floor on, in the order of (time, key), some 8,000 at a time. */
  async *keys(topic: string): AsyncGenerator<KeyChunk, void, void> {
    let [after, wrong]: [Uint8Array | undefined, number] = [undefined, 0]
    for (;;) {
      const { last, times, keys, damaged }: KeyPage = await this.#link.request('keys', { topic, after })
      // A row that was left out leads nowhere: the scrub finds what it should have led to.
      wrong += damaged
      if (times.length > 0) yield { times, keys }
      if (last === undefined) break
      after = last
    }
    if (wrong > 0) this.#inBackground('put keys right', this.#scrubNow())
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

  /**
   * The records of a topic that fit, by when they came. Continue with `after` (or `before`, in reverse) the last
   * record's arrival while `isCut`. An id is looked for among all keys of the topic: 0.1 s for a million.
   */
  async search(search: RecordSearch): Promise<RecordPage> {
    return this.#page(await this.#link.request('search', search))
  }

  /** Who said what of a topic: each author's epochs, with the sequences that are missing. */
  async *authors(topic: string): AsyncGenerator<AuthorLife, void, void> {
    let after: AuthorLife | undefined
    do {
      const lives = await this.#link.request('authors', { topic, after })
      yield* lives
      after = lives.at(-1)
    } while (after !== undefined)
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

  /** Deletes what is older than an author time, and keeps the floor; resolves with the keys that are gone, when all are. */
  async raiseFloor(topic: string, floor: number): Promise<readonly KeyChunk[]> {
    const gone: KeyChunk[] = []
    for (;;) {
      const { keys, isCut } = await this.#link.request('raiseFloor', { topic, floor })
      if (keys.times.length > 0) gone.push(keys)
      if (!isCut) return gone
    }
  }

  /**
   * Deletes what a topic has beyond a policy, oldest first; resolves with the floors that hold now and the keys that
   * are gone. `now` is wall clock, µs since 1970. A limit on messages or bytes costs first the author who has more
   * than half of it, while there are others. To be asked now and then; where nothing is beyond, it costs little.
   */
  async retain(topic: string, policy: RetentionPolicy, now: number): Promise<Retention> {
    const gone: KeyChunk[] = []
    let going: RetainStep['going']
    for (;;) {
      const step = await this.#link.request('retain', { topic, policy, now, going })
      if (step.keys.times.length > 0) gone.push(step.keys)
      going = step.going
      if (!step.isCut) return { floor: step.floor, authorFloors: step.authorFloors, gone }
    }
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

  /**
   * Looks at everything, as fast as said, and again while it finds something: what is damaged is taken out and told to `onDamage`, what leads to
   * records is put right. One after the other: what one puts right, another would have passed already.
   */
  scrub(bytesPerSecond: number = Infinity): Promise<ScrubReport> {
    const scrub = (): Promise<ScrubReport> => scrubUntilClean(this.#scrubbing(bytesPerSecond))
    const report = this.#scrubbed.then(scrub, scrub)
    this.#scrubbed = report
    return report
  }

  /** Scrubs in the background until the store is closed, again and again, each time from where it was. */
  keepScrubbing(bytesPerSecond: number, pauseMs: number): void {
    const remember = (position: ScrubPosition): Promise<void> => this.call('scrub.remember', position)
    const scrubbing = { ...this.#scrubbing(bytesPerSecond), remember }
    const rounds = async (): Promise<void> => {
      for (;;) {
        try {
          const report = await scrubFrom(await this.ask('scrub.recall', undefined), scrubbing)
          if (report.damaged > 0) {
            this.#options.log?.warn('the store was damaged', { ...report })
            await scrubUntilClean(this.#scrubbing(bytesPerSecond))
          }
        } catch (error) {
          this.#stop.signal.throwIfAborted()
          this.#options.log?.warn('the scrub of the store was cut off', { error: String(error) })
        }
        await sleep(pauseMs, undefined, { signal: this.#stop.signal, ref: false })
      }
    }
    this.#inBackground('scrub', rounds())
  }

  /** Waits for what is under way and closes the database. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#queue.idle()
    await this.#link.stop()
  }

  async #sweep(): Promise<void> {
    let removal: Removal
    do removal = await this.#link.request('sweep', undefined)
    while (removal.isCut && !this.#stop.signal.aborted)
  }

  async #scrubNow(): Promise<void> {
    await this.scrub()
  }

  #scrubbing(bytesPerSecond: number): Scrubbing {
    return {
      look: async (position) => {
        const before = this.#salvages
        const found = await this.#link.request('scrub', position)
        return this.#salvages === before ? found : { ...found, damaged: found.damaged + 1 }
      },
      onDamage: (lost, restored) => this.#tellDamage({ lost, restored }),
      bytesPerSecond,
      signal: this.#stop.signal,
    }
  }

  #page({ frames, topicNames, isCut, damaged, lookedAt }: FramePage): RecordPage {
    if (damaged.length > 0) this.#inBackground('take out damaged records', this.#quarantine(damaged))
    const names = new Map(topicNames)
    return { records: readFrames(frames, (topic) => names.get(topic)!), isCut, lookedAt }
  }

  async #quarantine(arrivals: readonly number[]): Promise<void> {
    const lost = await this.#link.request('quarantine', { arrivals })
    if (lost.length > 0) this.#tellDamage({ lost, restored: [] })
  }

  #tellDamage(damage: StoreDamage): void {
    this.#options.log?.error('records of the store were damaged', {
      messagesLost: damage.lost.reduce((sum, { keys }) => sum + keys.times.length, 0),
      messagesRestored: damage.restored.reduce((sum, { keys }) => sum + keys.times.length, 0),
    })
    this.#options.onDamage?.(damage)
  }

  #tellMoved({ movedAside, salvaged }: StoreState): void {
    if (movedAside === undefined) return
    this.#options.log?.error('the store was damaged: it was moved aside, and a new one begun', { movedAside, salvaged })
  }

  /** For work that nobody waits for: a failure is a line in the log. */
  #inBackground(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.log?.warn(`store: cannot ${what}`, { error: String(error) })
    })
  }
}
