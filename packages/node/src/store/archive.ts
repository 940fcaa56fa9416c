import { join } from 'node:path'
import {
  KeyList,
  keySize,
  messagesOf,
  payloadSizeMax,
  withBody,
  type Action,
  type Event,
  type Message,
} from '@grapevine/protocol'
import { BodyStore } from '../body/body-store.ts'
import { options } from '../config/option.ts'
import { sha256 } from '../crypto.ts'
import { NodeError } from '../error.ts'
import { EvidenceBook } from '../evidence/book.ts'
import type { PartLog } from '../log/log.ts'
import type { NodeParts } from '../node-parts.ts'
import type { Page, Past } from '../topic/reader.ts'
import { release } from './keys.ts'
import type { StoredRecord } from './record.ts'
import { Store } from './store.ts'
import type { StoreDamage } from './store-types.ts'
import { Upkeep, type Kept } from './upkeep.ts'
import type { StoreState } from './worker-call.ts'

/** What a reader gets of the past at once: 2,000 lone messages, or ten envelopes. */
const page = { messagesMax: 16_384, recordsMax: 2_048, bytesMax: 512 << 10 }

/** What an archive needs of its node. */
export type ArchiveParts = Pick<NodeParts, 'home' | 'log'> &
  Partial<Pick<NodeParts, 'config'>> & { readonly network: { readonly id: Uint8Array } }

/** Between two scrubs. */
const scrubPauseMs = 600_000

/** What is read for a peer at once: as many records as a session asks for, each as large as an envelope can be. */
const loadBytesMax = 16 << 20

/**
 * The store as the rest of the node sees it: carries out what the machine asks of a disk, tells it what was there when the
 * node started, and gives readers their past.
 */
export class Archive implements Past {
  readonly store: Store
  readonly evidence: EvidenceBook
  readonly bodies: BodyStore
  readonly #networkId: Uint8Array
  /** Records that could not be made durable in this life. */
  failures = 0
  readonly #log: PartLog
  readonly #upkeep: Upkeep
  #topics: () => readonly Kept[] = () => []
  #state: StoreState
  #lastCommitted: number
  #restored: Promise<void> = Promise.resolve()
  #dispatch: ((event: Event) => void) | undefined

  private constructor(parts: ArchiveParts, opened: Pick<Archive, 'store' | 'evidence' | 'bodies'>) {
    const { store } = opened
    this.#networkId = parts.network.id
    this.store = store
    this.evidence = opened.evidence
    this.bodies = opened.bodies
    this.#state = store.opened
    this.#lastCommitted = store.opened.lastArrival
    this.#log = parts.log.part('store')
    this.#upkeep = new Upkeep({
      store,
      topics: () => this.#topics(),
      tell: (event) => this.#tell(event),
      log: this.#log,
    })
  }

  /** Opens the store of a home. Errors `disk`, `home`. */
  static async open(parts: ArchiveParts): Promise<Archive> {
    // Until the archive is there nothing is restored that could be told of; the store knows what it has.
    const made: { archive?: Archive } = {}
    const store = await Store.open({
      path: join(parts.home, 'store.sqlite'),
      log: parts.log.part('store'),
      onDamage: (damage) => made.archive?.damaged(damage),
      onSalvaged: (state) => void made.archive?.salvaged(state),
    })
    const log = parts.log.part('evidence')
    const evidence = await EvidenceBook.open({ store, networkId: parts.network.id, log })
    const bodies = await BodyStore.open({
      directory: join(parts.home, 'bodies'),
      bytesMax: parts.config?.['bodies.sizeMax'] ?? options['bodies.sizeMax'].default,
      needed: (roots) => store.ask('body.needed', roots),
      log: parts.log.part('bodies'),
    })
    made.archive = new Archive(parts, { store, evidence, bodies })
    return made.archive
  }

  get logEpoch(): string {
    return this.#state.logEpoch
  }

  /** The arrival number that the store was at when the node started. */
  get lastArrival(): number {
    return this.#state.lastArrival
  }

  /** Where what comes of a record is told. */
  attach(dispatch: (event: Event) => void): void {
    this.#dispatch = dispatch
  }

  /** Tells the machine what is held; resolves once it knows all, also where the store is made anew on the way. */
  restore(): Promise<void> {
    const { topics } = this.#state
    this.#restored = this.#restore(topics)
    return this.#restored
  }

  async #restore(topics: StoreState['topics']): Promise<void> {
    for (const { topic, floor, authorFloors } of topics) {
      for await (const { times, keys } of this.store.keys(topic)) {
        // Made anew meanwhile, it is told of from the beginning.
        if (topics !== this.#state.topics) return this.#restored
        this.#tell({ type: 'restored', topic, keys: KeyList.of(times, keys) })
        release(times, keys)
      }
      if (floor > 0) this.#tell({ type: 'floor', topic, time: floor })
      for (const [author, time] of Object.entries(authorFloors)) {
        this.#tell({ type: 'floor', topic, time, author: Buffer.from(author, 'hex') })
      }
    }
  }

  /** Begins to hold the store to the limits of these topics, and to look for damage, so many bytes a second. */
  tend(topics: () => readonly Kept[], scrubBytesPerSecond: number): void {
    this.#topics = topics
    this.#upkeep.start()
    if (scrubBytesPerSecond > 0) this.store.keepScrubbing(scrubBytesPerSecond, scrubPauseMs)
  }

  /** Makes a record durable. */
  async keep({ ref, record }: Action & { type: 'store' }): Promise<void> {
    try {
      const [appended] = await this.store.append([record])
      const { arrival, fresh, conflicts, isExpired } = appended!
      if (conflicts.length > 0) void this.evidence.look()
      if (isExpired) return this.#tell({ type: 'stored', ref, failure: 'disk', detail: 'the floor has risen above it' })
      if (arrival === undefined) return this.#tell({ type: 'stored', ref, failure: 'duplicate' })
      this.#lastCommitted = arrival + (fresh?.length ?? record.keys.length / keySize) - 1
      this.#tell({ type: 'stored', ref, arrival, fresh })
    } catch (error) {
      this.failures++
      const failure = error instanceof NodeError && error.code === 'overloaded' ? 'overloaded' : 'disk'
      this.#tell({ type: 'stored', ref, failure, detail: (error as Error).message })
    }
  }

  /** Reads what a peer lacks. What cannot be read now it gets elsewhere, or later. */
  async load({ ref, topic, keys }: Action & { type: 'load' }): Promise<void> {
    const wanted = Array.from({ length: keys.length }, (_, at) => ({ time: keys.time(at), key: keys.id(at) }))
    const records = await this.store.load(topic, wanted, loadBytesMax).then(
      (found) => found.records,
      () => [],
    )
    this.#tell({ type: 'loaded', ref, records })
  }

  async page(topics: ReadonlySet<string>, after: number): Promise<Page> {
    const committed = this.#lastCommitted
    const { records, isCut, lookedAt } = await this.store.readArrivals({ topics: [...topics], after, ...page })
    const end = records.at(-1)
    // What is damaged, or being let go, leaves holes: a page may have nothing, and still not be the last.
    const last = Math.max(lookedAt, end === undefined ? after + 1 : end.arrival + end.keys.length / keySize - 1)
    return { messages: this.#messages(records, after), upTo: isCut ? last : Math.max(committed, last), isCut }
  }

  async whole(message: Message): Promise<Message> {
    const { fetched, payload } = message
    if (fetched === undefined || payload.length > 0 || fetched.size > payloadSizeMax) return message
    return withBody(message, await this.bodies.read(fetched.root, fetched.size).catch(() => undefined))
  }

  async close(): Promise<void> {
    this.#dispatch = undefined
    this.#upkeep.stop()
    this.bodies.close()
    await this.store.close()
  }

  /** What bit errors hit is fetched from peers like anything else that is missing. */
  private damaged({ lost, restored }: StoreDamage): void {
    for (const { topic, keys } of lost) {
      this.#tell({ type: 'lost', topic, keys: KeyList.of(keys.times, keys.keys) })
    }
    for (const { topic, keys } of restored) {
      this.#tell({ type: 'restored', topic, keys: KeyList.of(keys.times, keys.keys), isLate: true })
    }
  }

  private async salvaged(state: StoreState): Promise<void> {
    this.#state = state
    this.#lastCommitted = Math.max(this.#lastCommitted, state.lastArrival)
    this.#tell({ type: 'emptied' })
    await this.restore().catch((error: unknown) =>
      this.#log.error('what is in the store made anew cannot be read', { error: String(error) }),
    )
  }

  /** The messages of records behind an arrival number; a record is unpacked when its turn has come. */
  *#messages(records: readonly StoredRecord[], after: number): Generator<Message> {
    for (const record of records) {
      for (const message of messagesOf(record, { networkId: this.#networkId, sha256 }) ?? []) {
        if (message.arrival! > after) yield message
      }
    }
  }

  #tell(event: Event): void {
    this.#dispatch?.(event)
  }
}
