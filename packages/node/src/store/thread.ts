import { NodeError } from '../error.ts'
import { fileFrames } from './append.ts'
import { readAuthors } from './authors.ts'
import { SpanEnds } from './conflict.ts'
import type { Context } from './context.ts'
import { Facts } from './fact.ts'
import { faultOf } from './fault.ts'
import { readKeys } from './keys.ts'
import { type OpenedDatabase, openDatabase, replaceDatabase } from './open-database.ts'
import { pageSize } from './page-file.ts'
import { storeCalls, type StoreCalls } from './parts.ts'
import { quarantine } from './quarantine.ts'
import { loadKeys, readArrivals } from './read.ts'
import { raiseFloor, removeNow, retireTopic, sweep } from './remove.ts'
import { Reserve } from './reserve.ts'
import { retain } from './retention.ts'
import { scrub } from './scrub.ts'
import { searchRecords } from './search.ts'
import { type TopicEntry, Topics } from './topics.ts'
import type { PartAnswer, PartWrite, StoreState, WorkerCalls, WorkerNews } from './worker-call.ts'

/** Pages in the WAL from which on it is written back to the database, once the answer that waits is out: 8 MiB, and no more than half of the reserve. */
const walFramesMax = 2048

type AnyCall = Partial<Record<'read' | 'write', (args: unknown) => unknown>>

interface OpenStore extends Context {
  readonly path: string
  readonly opened: OpenedDatabase
  readonly reserve: Reserve
  readonly parts: StoreCalls
}

/** The database was damaged, and could not be made anew either. */
export class UnsalvageableDatabase extends Error {}

/** The store as the worker thread has it. */
export class StoreThread {
  readonly #tell: (news: WorkerNews) => void
  #open: OpenStore | undefined
  /** Nobody has to wait for the reserve to be made. */
  #lacksReserve = false

  readonly calls: WorkerCalls = {
    open: ({ path, reserveBytes }) => {
      const reserve = new Reserve(`${path}.reserve`, reserveBytes)
      this.#lacksReserve = !reserve.isThere
      const opened = openDatabase(path)
      try {
        return this.#opened(path, opened, reserve)
      } catch (error) {
        opened.database.close()
        if (faultOf(error).kind !== 'damage') throw error
        return this.#opened(path, replaceDatabase(path), reserve)
      }
    },
    write: ({ frames, topicNames, parts }) =>
      this.#whileRoom(() =>
        this.#store.database.transaction(() => ({
          // A copy: filing writes into it, and what met damage is filed again.
          filed: fileFrames(this.#store, frames.slice(), topicNames),
          parts: parts.map((part) => this.#write(part)),
        })),
      ),
    ask: ({ name, args }) => (this.#store.parts[name] as AnyCall).read?.(args),
    state: () => this.#state(),
    keys: ({ topic, after }) => readKeys(this.#store, topic, after),
    load: ({ topic, keys, bytesMax }) => loadKeys(this.#store, topic, keys, bytesMax),
    readArrivals: (range) => readArrivals(this.#store, range),
    search: (search) => searchRecords(this.#store, search),
    authors: ({ topic, after }) => readAuthors(this.#store, topic, after),
    raiseFloor: ({ topic, floor }) => this.#whileRoom(() => raiseFloor(this.#store, topic, floor)),
    remove: ({ topic, arrivals }) => this.#whileRoom(() => removeNow(this.#store, this.#topic(topic), arrivals)),
    retain: (step) => this.#whileRoom(() => retain(this.#store, step)),
    retireTopic: ({ topic }) => this.#whileRoom(() => retireTopic(this.#store, topic)),
    sweep: () => this.#whileRoom(() => sweep(this.#store)),
    quarantine: ({ arrivals }) => this.#store.database.transaction(() => quarantine(this.#store, arrivals)),
    scrub: (position) => scrub(this.#store, position),
    recover: () => {
      // What the WAL took goes back to the disk.
      this.#store.database.get('PRAGMA wal_checkpoint(TRUNCATE)')
      return this.#store.reserve.make()
    },
    close: () => {
      this.#open?.database.close()
      this.#open = undefined
    },
  }

  constructor(tell: (news: WorkerNews) => void) {
    this.#tell = tell
  }

  /**
   * Answers a call. One that finds the database damaged is run again once that has been made anew, so that who asks
   * notices nothing: what it wrote was rolled back. Throws what the call throws, {@link UnsalvageableDatabase} if
   * there is no database any more.
   */
  run(call: keyof WorkerCalls, args: unknown): unknown {
    const answer = this.calls[call] as (args: unknown) => unknown
    try {
      return answer(args)
    } catch (error) {
      const { kind, message } = faultOf(error)
      if (kind !== 'damage' || this.#open === undefined) throw error
      this.#tell({ damage: message })
      this.#tell({ salvaged: this.#salvage(this.#open) })
      return answer(args)
    }
  }

  /** Work that nobody waits for: makes the reserve, writes the WAL back when it is long. */
  afterwards(): void {
    if (this.#lacksReserve) this.#open?.reserve.make()
    this.#lacksReserve = false
    try {
      const [, frames = 0, written = 0] = this.#open?.database.get('PRAGMA wal_checkpoint(NOOP)')?.map(Number) ?? []
      const reserved = (this.#open?.reserve.bytes ?? 0) / 2 / pageSize
      if (frames - written > Math.min(walFramesMax, reserved === 0 ? Infinity : reserved))
        this.#open?.database.get('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // The next commit meets the same fault, and has somebody to tell.
    }
  }

  get #store(): OpenStore {
    if (this.#open === undefined) throw new NodeError('stopped', 'the store is closed')
    return this.#open
  }

  #topic(name: string): TopicEntry {
    const entry = this.#store.topics.get(name)
    if (entry === undefined) throw new NodeError('not-found', `the store has no topic ${name}`)
    return entry
  }

  #salvage({ path, reserve, database }: OpenStore): StoreState {
    // Room for the new one.
    reserve.release()
    this.#lacksReserve = true
    this.#open = undefined
    try {
      database.close()
      return this.#opened(path, replaceDatabase(path), reserve)
    } catch (error) {
      throw new UnsalvageableDatabase(`the store cannot be salvaged: ${faultOf(error).message}`, { cause: error })
    }
  }

  #opened(path: string, opened: OpenedDatabase, reserve: Reserve): StoreState {
    const { database } = opened
    const facts = new Facts(database)
    const spanEnds = new SpanEnds()
    database.onRollback(() => spanEnds.clear())
    const topics = new Topics(database, facts)
    const parts = storeCalls({ database, facts, topics })
    this.#open = { path, opened, reserve, database, facts, topics, spanEnds, parts }
    return this.#state()
  }

  /** Gives the reserve up when the disk is full, so that what comes next can delete. */
  #whileRoom<Result>(run: () => Result): Result {
    try {
      return run()
    } catch (error) {
      if (faultOf(error).kind === 'full') this.#makeRoom()
      throw error
    }
  }

  #makeRoom(): void {
    this.#open?.reserve.release()
    try {
      // The WAL, written back, gives its room to what comes next.
      this.#open?.database.get('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // Whoever deletes meets the same fault.
    }
  }

  #write({ name, args }: PartWrite): PartAnswer {
    const { database, parts } = this.#store
    try {
      return { result: database.attempt(() => (parts[name] as AnyCall).write?.(args)) }
    } catch (error) {
      const fault = faultOf(error)
      // The disk's and the database's faults are everybody's: the whole batch fails.
      if (fault.kind !== 'other' || fault.code === 'disk') throw error
      return { fault }
    }
  }

  #state(): StoreState {
    const { topics, opened } = this.#store
    const { movedAside, salvaged } = opened
    return {
      logEpoch: topics.logEpoch,
      lastArrival: topics.lastArrival,
      topics: topics
        .all()
        .flatMap(({ name, floor, authorFloors, messages, records, bytes, isRemoved }) =>
          isRemoved
            ? []
            : [{ topic: name, floor, authorFloors: Object.fromEntries(authorFloors), messages, records, bytes }],
        ),
      movedAside,
      salvaged,
    }
  }
}
