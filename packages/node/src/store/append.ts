import { findConflicts } from './conflict.ts'
import { type Context, frameSum } from './context.ts'
import { dataStart, frameSizeMax, type FrameHead, readFrame, readHead, writeFrame } from './frame.ts'
import { arrivalOf, atSize, atsOf, sumOfChecks, tailsOf, tailSize } from './key-row.ts'
import { keySize } from './record.ts'
import type { TopicEntry } from './topics.ts'

/** What became of the records of a batch, in order. */
export interface Filed {
  /** Arrival of each record; 0 where all of its messages were there already. */
  readonly arrivals: Float64Array<ArrayBuffer>
  /** Records of which some messages were there already: which of the kept ones are new. */
  readonly fresh: readonly (readonly [record: number, places: readonly number[]])[]
  /** Records that contradict others: the arrivals of those. */
  readonly conflicts: readonly (readonly [record: number, arrivals: readonly number[]])[]
}

/** Files the records of a buffer of frames, whose topics are places in a list of names. Within a transaction. */
export function fileFrames(context: Context, buffer: ArrayBuffer, topicNames: readonly string[]): Filed {
  const { topics } = context
  const frames = new Uint8Array(buffer)
  const entries = topicNames.map((name) => topics.make(name))
  const arrivals: number[] = []
  const fresh: [number, readonly number[]][] = []
  const conflicts: [number, readonly number[]][] = []
  for (let at = 0; at < frames.length;) {
    const head = readHead(frames, at)
    const record = arrivals.length
    const filed = fileFrame(context, entries[head.topic]!, frames, at, head)
    arrivals.push(filed.arrival)
    if (filed.fresh !== undefined) fresh.push([record, filed.fresh])
    if (filed.conflicts.length > 0) conflicts.push([record, filed.conflicts])
    at += head.size
  }
  topics.save()
  return { arrivals: new Float64Array(arrivals), fresh, conflicts }
}

interface FiledFrame {
  readonly arrival: number
  readonly fresh?: readonly number[]
  readonly conflicts: readonly number[]
}

function fileFrame(context: Context, topic: TopicEntry, frames: Uint8Array, at: number, head: FrameHead): FiledFrame {
  const arrival = context.topics.lastArrival + 1
  const ats = atsOf(head.keyTime, head.keys)
  const count = head.keys.length / keySize
  const tails = tailsOf(topic.id, ats, arrival)
  if (insertKeys(context, topic.id, ats, tails) === count) {
    return { arrival, conflicts: fileRow(context, topic, frames, at, head, tails, arrival) }
  }
  const fresh = ownRows(context, topic.id, ats, arrival)
  if (fresh.length === 0) return { arrival: 0, conflicts: [] }
  const smaller = keepOnly(frames, at, fresh)
  const smallerHead = readHead(smaller, 0)
  const freshTails = tailsOf(topic.id, atsOf(head.keyTime, smallerHead.keys), arrival)
  return { arrival, fresh, conflicts: fileRow(context, topic, smaller, 0, smallerHead, freshTails, arrival) }
}

/** Writes a record whose keys are in place, and returns whom it contradicts. */
function fileRow(
  context: Context,
  topic: TopicEntry,
  frames: Uint8Array,
  at: number,
  head: FrameHead,
  tails: Uint8Array,
  arrival: number,
): readonly number[] {
  const { database, topics } = context
  const { size, time, keyTime, author, epoch, sequence, count, keys, bytes } = head
  const conflicts = findConflicts(context, topic.id, head)
  const view = new DataView(frames.buffer, frames.byteOffset + at)
  view.setFloat64(4, arrival, true)
  view.setUint32(12, topic.id, true)
  const sum = frameSum(frames, at, size)
  const data = frames.subarray(at + dataStart, at + size)
  database.run(
    'INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)',
    arrival,
    topic.id,
    time,
    keyTime === time ? 0 : 1,
    sum,
    data,
  )
  const kept = keys.length / keySize
  database.run(
    'INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    topic.id,
    author,
    epoch,
    sequence,
    arrival,
    count,
    kept,
    time,
    bytes.length,
  )
  topics.lastArrival += kept
  topic.messages += kept
  topic.records++
  topic.bytes += bytes.length
  topic.sum = (topic.sum + sumOfChecks(tails)) >>> 0
  topics.touch(topic)
  return conflicts
}

/** Inserts the rows that are not there yet, and returns how many those were. Many at once cost one crossing into SQLite. */
function insertKeys({ database }: Context, topic: number, ats: Uint8Array, tails: Uint8Array): number {
  const count = ats.length / atSize
  if (count === 1) return database.run('INSERT OR IGNORE INTO key VALUES (?, ?, ?)', topic, ats, tails)
  return database.run(
    `WITH RECURSIVE place (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?2)
     INSERT OR IGNORE INTO key
     SELECT ?1, substr(?3, n * ${atSize} + 1, ${atSize}), substr(?4, n * ${tailSize} + 1, ${tailSize}) FROM place`,
    topic,
    count,
    ats,
    tails,
  )
}

/** The places of the keys that point at this record, each key once. */
function ownRows({ database }: Context, topic: number, ats: Uint8Array, arrival: number): number[] {
  const seen = new Set<string>()
  return Array.from({ length: ats.length / atSize }, (_, place) => place).filter((place) => {
    const at = ats.subarray(place * atSize, (place + 1) * atSize)
    const name = Buffer.from(at).toString('latin1')
    if (seen.has(name)) return false
    seen.add(name)
    const [tail] = database.get('SELECT tail FROM key WHERE topic = ? AND at = ?', topic, at) ?? []
    return tail instanceof Uint8Array && arrivalOf(topic, at, tail) === arrival
  })
}

/** The frame with some of its kept messages only. */
function keepOnly(frames: Uint8Array, at: number, places: readonly number[]): Uint8Array {
  const record = readFrame(frames, at, () => '')
  const keys = new Uint8Array(places.length * keySize)
  for (const [to, place] of places.entries())
    keys.set(record.keys.subarray(place * keySize, (place + 1) * keySize), to * keySize)
  const kept = places.map((place) => record.kept?.[place] ?? place)
  const smaller = { ...record, kept, keys }
  const frame = new Uint8Array(frameSizeMax(smaller))
  return frame.subarray(0, writeFrame(frame, 0, smaller, 0, 0))
}
