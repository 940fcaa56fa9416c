import { addedSizeOf } from './body-rows.ts'
import { findConflicts } from './conflict.ts'
import { type Context, frameSum } from './context.ts'
import { noteConflict } from './evidence.ts'
import { dataStart, frameSizeMax, type FrameHead, readFrame, readHead, writeFrame } from './frame.ts'
import { arrivalOf, atSize, atsOf, tailsOf } from './key-row.ts'
import { keptCount, keySize } from './record.ts'
import { insertKeys, insertRecord, insertSpan } from './rows.ts'
import { isBelowFloor, type TopicEntry } from './topics.ts'

/** What became of the records of a batch, in order. */
export interface Filed {
  /** Arrival of each record; 0 where all of its messages were there already. */
  readonly arrivals: Float64Array<ArrayBuffer>
  /** Records that are below a floor, and were not stored. */
  readonly expired: readonly number[]
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
  const expired: number[] = []
  const fresh: [number, readonly number[]][] = []
  const conflicts: [number, readonly number[]][] = []
  for (let at = 0; at < frames.length;) {
    const head = readHead(frames, at)
    const record = arrivals.length
    const filed = fileFrame(context, entries[head.topic]!, frames, at, head)
    arrivals.push(filed.arrival)
    if (filed.isExpired === true) expired.push(record)
    if (filed.fresh !== undefined) fresh.push([record, filed.fresh])
    if (filed.conflicts.length > 0) conflicts.push([record, filed.conflicts])
    at += head.size
  }
  topics.save()
  return { arrivals: new Float64Array(arrivals), expired, fresh, conflicts }
}

interface FiledFrame {
  readonly arrival: number
  readonly isExpired?: boolean
  readonly fresh?: readonly number[]
  readonly conflicts: readonly number[]
}

function fileFrame(context: Context, topic: TopicEntry, frames: Uint8Array, at: number, head: FrameHead): FiledFrame {
  if (isBelowFloor(topic, head)) return { arrival: 0, isExpired: true, conflicts: [] }
  const arrival = context.topics.lastArrival + 1
  const ats = atsOf(head.keyTime, head.keys)
  const count = head.keys.length / keySize
  if (insertKeys(context, topic.id, ats, tailsOf(topic.id, ats, arrival)) === count) {
    return { arrival, conflicts: fileRow(context, topic, frames, at, head, arrival) }
  }
  const fresh = ownRows(context, topic.id, ats, arrival)
  if (fresh.length === 0) return { arrival: 0, conflicts: [] }
  const smaller = keepOnly(frames, at, fresh)
  const smallerHead = readHead(smaller, 0)
  return { arrival, fresh, conflicts: fileRow(context, topic, smaller, 0, smallerHead, arrival) }
}

/** Writes a record whose keys are in place, and returns whom it contradicts. */
function fileRow(
  context: Context,
  topic: TopicEntry,
  frames: Uint8Array,
  at: number,
  head: FrameHead,
  arrival: number,
): readonly number[] {
  const { topics } = context
  const conflicts = findConflicts(context, topic.id, head)
  if (conflicts[0] !== undefined) noteConflict(context, topic.name, head, conflicts[0].head)
  const view = new DataView(frames.buffer, frames.byteOffset + at)
  view.setFloat64(4, arrival, true)
  view.setUint32(12, topic.id, true)
  const sum = frameSum(frames, at, head.size)
  insertRecord(context, arrival, topic.id, head, sum, frames.subarray(at + dataStart, at + head.size))
  insertSpan(context, arrival, topic.id, head)
  const kept = head.keys.length / keySize
  topics.lastArrival += kept
  topic.messages += kept
  topic.records++
  topic.bytes += addedSizeOf(context, topic.id, arrival, head)
  topics.touch(topic)
  return conflicts.map(({ arrival: place }) => place)
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
  const count = keptCount(record)
  const keys = picked(record.keys, count, places)
  const ids = record.ids && picked(record.ids, count, places)
  const kept = places.map((place) => record.kept?.[place] ?? place)
  const smaller = { ...record, kept, keys, ids }
  const frame = new Uint8Array(frameSizeMax(smaller))
  return frame.subarray(0, writeFrame(frame, 0, smaller, 0, 0))
}

/** Some of `count` parts of equal length, one after the other. */
function picked(parts: Uint8Array, count: number, places: readonly number[]): Uint8Array {
  const size = parts.length / count
  const few = new Uint8Array(places.length * size)
  for (const [to, place] of places.entries()) few.set(parts.subarray(place * size, (place + 1) * size), to * size)
  return few
}
