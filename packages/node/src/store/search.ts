import type { Context } from './context.ts'
import { arrivalOf, atSize } from './key-row.ts'
import { atFrom } from './keys.ts'
import { type FramePage, type PageLimit, readRecords } from './read.ts'
import type { TopicEntry } from './topics.ts'

/** Which records of a topic, all conditions together. */
export interface RecordSearch extends PageLimit {
  readonly topic: string
  /** Author time, µs: from this on. */
  readonly since?: number | undefined
  /** Author time, µs: before this. */
  readonly until?: number | undefined
  /** 32 bytes. */
  readonly author?: Uint8Array | undefined
  readonly epoch?: number | undefined
  /** The first bytes of a message's dedup key, 1 to 16; finds the record that holds it. */
  readonly idPrefix?: Uint8Array | undefined
  /** Records whose number is higher: where a search that was cut goes on. */
  readonly after?: number | undefined
  /** Records whose number is lower: where a reverse search that was cut goes on. */
  readonly before?: number | undefined
  /** The newest arrivals first. */
  readonly reverse?: boolean | undefined
}

/** Records that a search answers at most. */
const recordsMax = 10_000
/** Records that share the first bytes of an id. */
const sameIdMax = 1000

/** Records of a topic that fit, by when they came. Author time is what their authors say. */
export function searchRecords(context: Context, search: RecordSearch): FramePage {
  const topic = context.topics.get(search.topic)
  const limit = Math.min(search.messagesMax, recordsMax)
  const found = topic === undefined ? [] : candidates(context, topic, search, limit)
  const page = readRecords(context, found, { ...search, only: new Set([topic?.id ?? 0]) })
  return { ...page, isCut: page.isCut || found.length === limit }
}

function candidates(context: Context, topic: TopicEntry, search: RecordSearch, limit: number): number[] {
  const { since = 0, until = Number.MAX_SAFE_INTEGER, after = 0, before = Number.MAX_SAFE_INTEGER, reverse } = search
  const order = `ORDER BY arrival ${reverse === true ? 'DESC' : 'ASC'} LIMIT ${limit}`
  const within = 'arrival > ? AND arrival < ? AND time >= ? AND time < ?'
  const { database } = context
  if (search.idPrefix !== undefined) {
    const arrivals = byId(context, topic.id, search.idPrefix)
    return database.numbers(
      `SELECT arrival FROM record WHERE arrival IN (SELECT value FROM json_each(?)) AND topic = ? AND ${within} ${order}`,
      JSON.stringify(arrivals),
      topic.id,
      after,
      before,
      since,
      until,
    )
  }
  if (search.author !== undefined) {
    const [which, ...epoch] = search.epoch === undefined ? [''] : ['AND epoch = ?', search.epoch]
    return database.numbers(
      `SELECT arrival FROM span WHERE topic = ? AND author = ? ${which} AND ${within} ${order}`,
      topic.id,
      search.author,
      ...epoch,
      after,
      before,
      since,
      until,
    )
  }
  const [first, last] =
    search.since === undefined && search.until === undefined ? [after, before] : bounds(context, topic.id, since, until)
  return database.numbers(
    `SELECT arrival FROM record INDEXED BY record_topic WHERE topic = ? AND ${within} ${order}`,
    topic.id,
    Math.max(after, first),
    Math.min(before, last),
    since,
    until,
  )
}

/** Between which arrival numbers everything of a time lies: mostly things come about when they are said. */
function bounds({ database }: Context, topic: number, since: number, until: number): [after: number, before: number] {
  const [low, high] =
    database.get(
      'SELECT min(tail), max(tail) FROM key WHERE topic = ? AND at >= ? AND at < ?',
      topic,
      atFrom(Math.max(since, 1)),
      atFrom(until),
    ) ?? []
  const ordered = [low, high].flatMap((tail) =>
    tail instanceof Uint8Array ? [new DataView(tail.buffer, tail.byteOffset).getFloat64(0)] : [],
  )
  const byContent = database
    .get(
      'SELECT min(arrival), max(arrival) FROM record INDEXED BY record_time WHERE content = 1 AND topic = ? AND time >= ? AND time < ?',
      topic,
      since,
      until,
    )
    ?.flatMap((arrival) => (typeof arrival === 'number' ? [arrival] : []))
  const all = [...ordered, ...(byContent ?? [])]
  return all.length === 0 ? [0, 0] : [Math.min(...all) - 1, Math.max(...all) + 1]
}

/** Arrivals of records with such an id: on a topic with ids by content a range, else a look at all keys. */
function byId({ database }: Context, topic: number, prefix: Uint8Array): number[] {
  const rows = database.all(
    `SELECT at, tail FROM key WHERE topic = ? AND substr(at, 9, ?) = ? LIMIT ${sameIdMax}`,
    topic,
    prefix.length,
    prefix,
  )
  return rows.flatMap(([at, tail]) => {
    if (!(at instanceof Uint8Array) || !(tail instanceof Uint8Array) || at.length !== atSize) return []
    return arrivalOf(topic, at, tail) ?? []
  })
}
