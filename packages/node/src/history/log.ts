import { messagesOf, type Message } from '@grapevine/protocol'
import { sha256 } from '../crypto.ts'
import { keySize, messagesPerRecordMax, type StoredRecord } from '../store/record.ts'
import type { Store } from '../store/store.ts'

/** Which messages of the store, all conditions together. */
export interface LogSearch {
  readonly topics: readonly string[]
  /** 32 bytes. */
  readonly author?: Uint8Array | undefined
  /** Author time, µs: from this on. */
  readonly since?: number | undefined
  /** Author time, µs: before this. */
  readonly until?: number | undefined
  /** Behind this arrival number. */
  readonly after?: number | undefined
  /** Before this arrival number. */
  readonly before?: number | undefined
  /** The newest arrivals first. */
  readonly reverse?: boolean | undefined
}

/** A record with those of its messages that a search wants, in its order. */
export interface LogEntry {
  readonly record: StoredRecord
  readonly messages: readonly Message[]
}

/** What is read at once. */
const page = { messagesMax: 1_024, bytesMax: 1 << 20 }

/**
 * The store as a log: the messages of topics in the order in which they came, page by page, however many there are.
 */
export class MessageLog {
  readonly #store: Store
  readonly #networkId: Uint8Array

  constructor(store: Store, networkId: Uint8Array) {
    this.#store = store
    this.#networkId = networkId
  }

  /** Records with messages that fit, in order of arrival. What is damaged is left out. */
  async *entries(search: LogSearch): AsyncGenerator<LogEntry, void, void> {
    const { reverse = false } = search
    let [after, before] = [search.after ?? 0, search.before ?? Number.MAX_SAFE_INTEGER]
    // A search names records, and the first may begin before the number that is asked for.
    let from = Math.max(0, after - messagesPerRecordMax)
    for (;;) {
      const { records, isCut, lookedAt } = await this.#page({ ...search, after, before }, from)
      for (const record of records) {
        const all = this.messagesIn(record).filter((message) => isWanted(message, { ...search, after, before }))
        if (all.length > 0) yield { record, messages: reverse ? all.toReversed() : all }
      }
      if (!isCut || lookedAt === 0) return
      const last = records.at(-1)
      // What is being let go is looked at and not given: a page of it is not the end.
      if (reverse) before = lookedAt
      else after = from = Math.max(lookedAt, last === undefined ? 0 : last.arrival + last.keys.length / keySize - 1)
    }
  }

  /** Messages that fit, in order of arrival. */
  async *messages(search: LogSearch): AsyncGenerator<Message, void, void> {
    for await (const { messages } of this.entries(search)) yield* messages
  }

  /** The arrival number behind which the last `count` messages that fit begin. */
  async beginOfLast(count: number, search: LogSearch): Promise<number> {
    let left = count
    for await (const message of this.messages({ ...search, reverse: true })) {
      if (--left === 0) return message.arrival! - 1
    }
    return search.after ?? 0
  }

  /** An arrival number behind which everything said from a moment on is. */
  async beginOfTime(topics: readonly string[], since: number): Promise<number> {
    for await (const { messages } of this.entries({ topics, since })) return messages[0]!.arrival! - 1
    return 0
  }

  /** Some records that fit; and, where there is no index for a search, some that do not. */
  #page({ topics, ...search }: LogSearch, from: number): ReturnType<Store['search']> {
    const { author, since, until, after = 0, before } = search
    const [topic, second] = topics
    const isIndexed = author !== undefined || (since ?? 0) > 0 || until !== undefined
    if (topic === undefined || second !== undefined || !isIndexed)
      return this.#store.readArrivals({ topics, after, before, reverse: search.reverse, ...page })
    return this.#store.search({ topic, ...search, after: from, ...page })
  }

  /** The kept messages of a record; none if it is damaged. */
  messagesIn(record: StoredRecord): readonly Message[] {
    return messagesOf(record, { networkId: this.#networkId, sha256 }) ?? []
  }
}

function isWanted(message: Message, search: LogSearch): boolean {
  const { author, since = 0, until = Infinity, after = 0, before = Infinity } = search
  const { time, arrival = 0 } = message
  if (time < since || time >= until || arrival <= after || arrival >= before) return false
  return author === undefined || Buffer.compare(author, message.author) === 0
}
