import { addedSizeOf } from './body-rows.ts'
import type { Context } from './context.ts'
import type { FrameHead } from './frame.ts'
import { arrivalOf } from './key-row.ts'
import { atFrom, joinAts, type KeyChunk } from './keys.ts'
import { ownKeys } from './rows.ts'
import { damaged, readRow } from './stored.ts'
import type { TopicEntry } from './topics.ts'

/** What one slice of a deletion did. */
export interface Removal {
  /** The messages that are gone. */
  readonly keys: KeyChunk
  /** Records that could not be deleted, because they are damaged. */
  readonly damaged: readonly number[]
  /** Whether there is more to delete. */
  readonly isCut: boolean
}

/** Records that are deleted in one transaction: a few milliseconds. */
const recordsPerSlice = 1000
/** The removal of nothing. */
export const nothingRemoved = (): Removal => ({
  keys: { times: new Float64Array(), keys: new Uint8Array() },
  damaged: [],
  isCut: false,
})

/** Deletes records whole. Within a transaction. */
export function removeRecords(
  context: Context,
  topic: TopicEntry,
  arrivals: readonly number[],
): Omit<Removal, 'isCut'> {
  const ats: Uint8Array[] = []
  const broken: number[] = []
  for (const arrival of arrivals) {
    const read = readRow(context, arrival)
    if (read === damaged || read === undefined) broken.push(arrival)
    else if (read.head.topic === topic.id) ats.push(...removeRecord(context, topic, arrival, read.head))
  }
  context.topics.touch(topic)
  return { keys: joinAts(ats), damaged: broken }
}

/** Makes the floor of a topic durable, if it is higher than the one it has, and deletes some of what is below it. */
export function raiseFloor(context: Context, topicName: string, floor: number): Removal {
  const topic = context.topics.get(topicName)
  return topic === undefined ? nothingRemoved() : raise(context, topic, floor)
}

/** Takes a topic's name away, durably; {@link sweep} does the rest. Returns whether there was one. */
export function retireTopic({ database, topics }: Context, topicName: string): boolean {
  const topic = topics.get(topicName)
  if (topic === undefined) return false
  database.transaction(() => topics.retire(topic))
  return true
}

/** Deletes some of what a deletion left behind that was cut off: topics that were removed, records below a floor. */
export function sweep(context: Context): Removal {
  const retired = context.topics.all().find(({ isRemoved }) => isRemoved)
  if (retired !== undefined) return { ...removeSlice(context, retired), isCut: true }
  for (const topic of context.topics.all()) {
    const removed = raise(context, topic, 0)
    if (removed.isCut || removed.damaged.length > 0) return removed
    for (const author of topic.authorFloors.keys()) {
      const left = belowAuthorFloor(context, topic, author, recordsPerSlice)
      if (left.length > 0) return { ...removeNow(context, topic, left), isCut: true }
    }
  }
  return nothingRemoved()
}

/** Arrivals of an author's records that are below its own floor. */
export function belowAuthorFloor(
  { database }: Context,
  { id, authorFloors }: TopicEntry,
  author: string,
  limit: number,
): number[] {
  return database.numbers(
    'SELECT arrival FROM span WHERE topic = ? AND author = ? AND time < ? LIMIT ?',
    id,
    new Uint8Array(Buffer.from(author, 'hex')),
    authorFloors.get(author) ?? 0,
    limit,
  )
}

/** Deletes records in a transaction of their own. */
export function removeNow(context: Context, topic: TopicEntry, arrivals: readonly number[]): Omit<Removal, 'isCut'> {
  return context.database.transaction(() => {
    const removed = removeRecords(context, topic, arrivals)
    context.topics.save()
    return removed
  })
}

function removeSlice(context: Context, topic: TopicEntry): Omit<Removal, 'isCut'> {
  const { database, topics } = context
  return database.transaction(() => {
    const arrivals = database.numbers(`SELECT arrival FROM record WHERE topic = ? LIMIT ${recordsPerSlice}`, topic.id)
    const removed = removeRecords(context, topic, arrivals)
    // A record that cannot be read goes too; what points at it is next.
    for (const arrival of removed.damaged) database.run('DELETE FROM record WHERE arrival = ?', arrival)
    if (arrivals.length === 0) {
      const left = (['key', 'span', 'body'] as const).map((table) => dropRows(context, table, topic.id))
      if (!left.includes(true)) topics.forget(topic)
    }
    topics.save()
    return { ...removed, damaged: [] }
  })
}

const primaryKeys = {
  key: 'topic, at',
  span: 'topic, author, epoch, sequence, arrival',
  body: 'topic, root, arrival',
} as const

/** Deletes some of a topic's rows in a table that points at records; returns whether there are more. */
function dropRows({ database }: Context, table: keyof typeof primaryKeys, topic: number): boolean {
  const columns = primaryKeys[table]
  const some = `SELECT ${columns} FROM ${table} WHERE topic = ? LIMIT ${recordsPerSlice}`
  return database.run(`DELETE FROM ${table} WHERE (${columns}) IN (${some})`, topic) === recordsPerSlice
}

function raise(context: Context, topic: TopicEntry, floor: number): Removal {
  const { database, topics } = context
  return database.transaction(() => {
    if (floor > topic.floor) {
      topic.floor = floor
      for (const [author, own] of topic.authorFloors) if (own <= floor) topic.authorFloors.delete(author)
      topics.saveFact(topic)
    }
    const arrivals = below(context, topic)
    const removed = removeRecords(context, topic, arrivals)
    topics.save()
    return { ...removed, isCut: arrivals.length > removed.damaged.length }
  })
}

/** Some of the records below a topic's floor. */
function below({ database }: Context, { id, floor }: TopicEntry): number[] {
  const tails = database.all(
    `SELECT DISTINCT at, tail FROM key WHERE topic = ? AND at >= ? AND at < ? ORDER BY at LIMIT ${recordsPerSlice}`,
    id,
    atFrom(1),
    atFrom(floor),
  )
  const byContent = database.numbers(
    `SELECT arrival FROM record INDEXED BY record_time WHERE content = 1 AND topic = ? AND time < ? LIMIT ${recordsPerSlice}`,
    id,
    floor,
  )
  const ordered = tails.map(([at, tail]) => arrivalOf(id, at as Uint8Array, tail as Uint8Array) ?? 0)
  return [...new Set([...ordered.filter((arrival) => arrival > 0), ...byContent])]
}

function removeRecord(context: Context, topic: TopicEntry, arrival: number, head: FrameHead): Uint8Array[] {
  const { database } = context
  const own = ownKeys(context, topic.id, head, arrival)
  for (const at of own) database.run('DELETE FROM key WHERE topic = ? AND at = ?', topic.id, at)
  const { author, epoch, sequence } = head
  database.run(
    'DELETE FROM span WHERE topic = ? AND author = ? AND epoch = ? AND sequence = ? AND arrival = ?',
    topic.id,
    author,
    epoch,
    sequence,
    arrival,
  )
  database.run('DELETE FROM record WHERE arrival = ?', arrival)
  database.run('DELETE FROM body WHERE arrival = ?', arrival)
  topic.messages -= own.length
  topic.records--
  topic.bytes -= addedSizeOf(context, topic.id, arrival, head)
  return own
}
