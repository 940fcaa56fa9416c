import { randomBytes } from 'node:crypto'
import type { Database } from './database.ts'
import type { Facts } from './fact.ts'

/** What the worker knows of a topic. */
export interface TopicEntry {
  readonly id: number
  readonly name: string
  /** Author time, µs: what is older is gone or about to go. */
  floor: number
  /** Floors of single authors, by their key in hex: of those who had more than their share. */
  readonly authorFloors: Map<string, number>
  /** It is being deleted. */
  isRemoved: boolean
  messages: number
  records: number
  /** Wire bytes. */
  bytes: number
}

/** Whether a record is below a floor: not to be stored, and only here because it was not deleted yet. */
export function isBelowFloor(
  { floor, authorFloors }: TopicEntry,
  { time, author }: { readonly time: number; readonly author: Uint8Array },
): boolean {
  if (time < floor) return true
  return authorFloors.size > 0 && time < (authorFloors.get(Buffer.from(author).toString('hex')) ?? 0)
}

interface TopicFact {
  readonly name: string
  readonly floor: number
  readonly authors: Readonly<Record<string, number>>
  readonly isRemoved: boolean
}

interface StoreFact {
  readonly logEpoch: string
  readonly lastArrival: number
  readonly lastTopic: number
}

/** The topics of a store and the arrival sequence, in memory; what changed goes to disk with {@link Topics.save}. */
export class Topics {
  /** Random, 8 hex digits: another one means that arrival numbers of before say nothing any more. */
  logEpoch = ''
  /** The last number that was given out, ever. */
  lastArrival = 0
  #lastTopic = 0
  readonly #database: Database
  readonly #facts: Facts
  readonly #byId = new Map<number, TopicEntry>()
  readonly #byName = new Map<string, TopicEntry>()
  readonly #changed = new Set<TopicEntry>()

  constructor(database: Database, facts: Facts) {
    this.#database = database
    this.#facts = facts
    database.onRollback(() => this.load())
    this.load()
    if (this.logEpoch !== '') return
    this.logEpoch = randomBytes(4).toString('hex')
    database.transaction(() => this.save())
  }

  get(name: string): TopicEntry | undefined {
    return this.#byName.get(name)
  }

  byId(id: number): TopicEntry | undefined {
    return this.#byId.get(id)
  }

  all(): readonly TopicEntry[] {
    return [...this.#byId.values()]
  }

  /** The topic of this name, made if there is none. Within a transaction. */
  make(name: string): TopicEntry {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const entry = emptyEntry(++this.#lastTopic, { name, floor: 0, authors: {}, isRemoved: false })
    this.#add(entry)
    this.saveFact(entry)
    return entry
  }

  /** Says that counts of a topic changed. */
  touch(entry: TopicEntry): void {
    this.#changed.add(entry)
  }

  /** Writes a topic's floors. Within a transaction. */
  saveFact({ id, name, floor, authorFloors, isRemoved }: TopicEntry): void {
    const fact: TopicFact = { name, floor, authors: Object.fromEntries(authorFloors), isRemoved }
    this.#facts.set(`topic/${id}`, fact)
  }

  /** Takes a topic out of memory and disk, and frees its name for a new one. Its number is never used again. */
  forget(entry: TopicEntry): void {
    this.#facts.delete(`topic/${entry.id}`)
    this.#database.run('DELETE FROM tally WHERE topic = ?', entry.id)
    this.#byId.delete(entry.id)
    if (this.#byName.get(entry.name) === entry) this.#byName.delete(entry.name)
    this.#changed.delete(entry)
  }

  /** Marks a topic as removed: its name can be taken again at once, while its rows go slice by slice. */
  retire(entry: TopicEntry): void {
    entry.isRemoved = true
    this.#byName.delete(entry.name)
    this.saveFact(entry)
  }

  /** Writes counts and the arrival sequence. Within a transaction. */
  save(): void {
    for (const { id, messages, records, bytes } of this.#changed) {
      this.#database.run('INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)', id, messages, records, bytes)
    }
    this.#changed.clear()
    const fact: StoreFact = { logEpoch: this.logEpoch, lastArrival: this.lastArrival, lastTopic: this.#lastTopic }
    this.#facts.set('store', fact)
  }

  /** Reads everything anew. */
  load(): void {
    this.#byId.clear()
    this.#byName.clear()
    this.#changed.clear()
    const fact = this.#facts.get('store') as StoreFact | undefined
    this.logEpoch = fact?.logEpoch ?? ''
    this.#lastTopic = fact?.lastTopic ?? 0
    // Records may know better where the fact is lost.
    this.lastArrival = fact?.lastArrival ?? this.#highestArrival()
    for (const [name, value] of this.#facts.list('topic/')) {
      const entry = emptyEntry(Number(name.slice('topic/'.length)), value as TopicFact)
      this.#lastTopic = Math.max(this.#lastTopic, entry.id)
      this.#add(entry)
    }
    for (const [topic, ...counts] of this.#database.all('SELECT topic, messages, records, bytes FROM tally')) {
      const [messages = 0, records = 0, bytes = 0] = counts.map(Number)
      Object.assign(this.#byId.get(Number(topic)) ?? {}, { messages, records, bytes })
    }
  }

  #highestArrival(): number {
    const [highest] = this.#database.numbers('SELECT max(arrival) FROM record')
    // The last record may have had as many messages as an envelope can.
    return highest === undefined || highest === 0 ? 0 : highest + 1024
  }

  #add(entry: TopicEntry): void {
    this.#byId.set(entry.id, entry)
    if (!entry.isRemoved) this.#byName.set(entry.name, entry)
  }
}

function emptyEntry(id: number, { name, floor, authors, isRemoved }: TopicFact): TopicEntry {
  const authorFloors = new Map(Object.entries(authors))
  return { id, name, floor, authorFloors, isRemoved, messages: 0, records: 0, bytes: 0 }
}
