import { NodeError } from '../error.ts'
import { fileFrames } from './append.ts'
import { SpanEnds } from './conflict.ts'
import type { Context } from './context.ts'
import { Facts } from './fact.ts'
import { faultOf } from './fault.ts'
import { readKeys } from './keys.ts'
import { openDatabase } from './open-database.ts'
import { storeCalls, type StoreCalls } from './parts.ts'
import { loadKeys, readArrivals } from './read.ts'
import { raiseFloor, removeRecords, retireTopic, sweep } from './remove.ts'
import { Topics } from './topics.ts'
import type { PartAnswer, PartWrite, StoreState, WorkerCalls } from './worker-call.ts'

/** Pages in the WAL from which on it is written back to the database, once the answer that waits is out: 8 MiB. */
const walFramesMax = 2048

type AnyCall = Partial<Record<'read' | 'write', (args: unknown) => unknown>>

interface OpenStore extends Context {
  readonly path: string
  readonly movedAside: string | undefined
  readonly parts: StoreCalls
}

/** The store as the worker thread has it. */
export class StoreThread {
  #open: OpenStore | undefined

  readonly calls: WorkerCalls = {
    open: ({ path }) => {
      const { database, movedAside } = openDatabase(path)
      const facts = new Facts(database)
      const spanEnds = new SpanEnds()
      database.onRollback(() => spanEnds.clear())
      const parts = storeCalls({ database, facts })
      this.#open = { path, database, facts, topics: new Topics(database, facts), spanEnds, movedAside, parts }
      return this.#state()
    },
    write: ({ frames, topicNames, parts }) =>
      this.#store.database.transaction(() => ({
        filed: fileFrames(this.#store, frames, topicNames),
        parts: parts.map((part) => this.#write(part)),
      })),
    ask: ({ name, args }) => (this.#store.parts[name] as AnyCall).read?.(args),
    state: () => this.#state(),
    keys: ({ topic, after }) => readKeys(this.#store, topic, after),
    load: ({ topic, keys, bytesMax }) => loadKeys(this.#store, topic, keys, bytesMax),
    readArrivals: (range) => readArrivals(this.#store, range),
    raiseFloor: ({ topic, floor }) => raiseFloor(this.#store, topic, floor),
    remove: ({ topic, arrivals }) => {
      const entry = this.#store.topics.get(topic)
      if (entry === undefined) throw new NodeError('not-found', `the store has no topic ${topic}`)
      return this.#store.database.transaction(() => {
        const removed = removeRecords(this.#store, entry, arrivals)
        this.#store.topics.save()
        return removed
      })
    },
    retireTopic: ({ topic }) => retireTopic(this.#store, topic),
    sweep: () => sweep(this.#store),
    close: () => {
      this.#open?.database.close()
      this.#open = undefined
    },
  }

  /** Work that nobody waits for: writes the WAL back when it is long. */
  afterwards(): void {
    if (this.#open === undefined) return
    const [, frames = 0, written = 0] = this.#open.database.get('PRAGMA wal_checkpoint(NOOP)')?.map(Number) ?? []
    if (frames - written > walFramesMax) this.#open.database.get('PRAGMA wal_checkpoint(PASSIVE)')
  }

  get #store(): OpenStore {
    if (this.#open === undefined) throw new NodeError('stopped', 'the store is closed')
    return this.#open
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
    const { topics, movedAside } = this.#store
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
    }
  }
}
