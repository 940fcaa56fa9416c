import {
  keptCount,
  keySize,
  messagesPerRecordMax,
  recordBytesMax,
  type StoredRecord,
  type StoreRecord,
} from './record.ts'

/*
 * A record as bytes, the same between the threads and on disk. Little-endian:
 *
 *   u32 size of the frame · f64 arrival · u32 topic · data
 *   data: f64 time · f64 epoch · f64 sequence · f64 arrivedAt · u32 count · u16 kept · u8 flags · u8 length of an id ·
 *         u8 length of from · author · kept × id where they come from content · from · kept × u16 where not all are kept · keys · wire bytes
 *
 * The checksum covers everything but the size; the database holds arrival and topic in columns and data as a blob.
 */

/** Where the part that the checksum covers begins. */
export const sumStart = 4
/** Where data begins. */
export const dataStart = 16
const fixedSize = 41

const flag = { author: 1, kept: 2, content: 4, ids: 8 } as const
const viaShift = 4
const idLengths: ReadonlySet<number> = new Set(Array.from({ length: 32 }, (_, at) => at + 1))
const vias = ['live', 'history', 'own'] as const
const utf8 = new TextEncoder()
const text = new TextDecoder()

/** What the worker needs of a record to file it, without copying it. */
export interface FrameHead {
  readonly size: number
  readonly arrival: number
  /** Number of the topic in the database, or its place in a batch's list. */
  readonly topic: number
  readonly time: number
  readonly keyTime: number
  readonly epoch: number
  readonly sequence: number
  readonly count: number
  /** Views of the frame. */
  readonly author: Uint8Array
  readonly keys: Uint8Array
  readonly bytes: Uint8Array
}

/** Bytes of a record's frame, but for `from` at its longest. */
export const frameSizeMax = (record: StoreRecord): number =>
  dataStart +
  fixedSize +
  record.author.length +
  (record.ids?.length ?? 0) +
  (record.from?.length ?? 0) * 3 +
  (record.kept?.length ?? 0) * 2 +
  record.keys.length +
  record.bytes.length

/** What makes a record unfit to be stored, as a caller's mistake; undefined for a good one. */
export function recordFault(record: StoreRecord): string | undefined {
  const { time, keyTime, epoch, sequence, arrivedAt, count, kept, keys, author, ids, from, bytes } = record
  const numbers = [time, epoch, sequence, arrivedAt]
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return 'time, epoch or sequence'
  if (keyTime !== time && keyTime !== 0) return 'keyTime'
  if (!(count >= 1 && count <= messagesPerRecordMax)) return 'count'
  if (keys.length === 0 || keptCount(record) !== (kept?.length ?? count)) return 'keys'
  if (kept !== undefined && !kept.every((index, at) => index < count && index > (kept[at - 1] ?? -1))) return 'kept'
  if (author.length !== 0 && author.length !== 32) return 'author'
  if (ids !== undefined && !idLengths.has(ids.length / keptCount(record))) return 'ids'
  if (bytes.length > recordBytesMax) return 'bytes'
  return from !== undefined && utf8.encode(from).length > 255 ? 'from' : undefined
}

/** Writes a record's frame, and returns where the next one begins. The buffer has room for {@link frameSizeMax}. */
export function writeFrame(into: Uint8Array, at: number, record: StoreRecord, arrival: number, topic: number): number {
  const view = new DataView(into.buffer, into.byteOffset + at)
  const { author, ids, kept, keys, bytes } = record
  const from =
    record.from === undefined
      ? 0
      : utf8.encodeInto(record.from, into.subarray(at + dataStart + fixedSize + author.length + (ids?.length ?? 0)))
          .written
  view.setFloat64(4, arrival, true)
  view.setUint32(12, topic, true)
  view.setFloat64(16, record.time, true)
  view.setFloat64(24, record.epoch, true)
  view.setFloat64(32, record.sequence, true)
  view.setFloat64(40, record.arrivedAt, true)
  view.setUint32(48, record.count, true)
  view.setUint16(52, keptCount(record), true)
  const flags =
    (author.length > 0 ? flag.author : 0) |
    (kept === undefined ? 0 : flag.kept) |
    (record.keyTime === record.time ? 0 : flag.content) |
    (ids === undefined ? 0 : flag.ids)
  view.setUint8(54, flags | (vias.indexOf(record.via) << viaShift))
  view.setUint8(55, (ids?.length ?? 0) / keptCount(record))
  view.setUint8(56, from)
  let end = at + dataStart + fixedSize
  into.set(author, end)
  end += author.length
  if (ids !== undefined) into.set(ids, end)
  end += (ids?.length ?? 0) + from
  for (const index of kept ?? []) {
    new DataView(into.buffer, into.byteOffset).setUint16(end, index, true)
    end += 2
  }
  into.set(keys, end)
  into.set(bytes, end + keys.length)
  end += keys.length + bytes.length
  view.setUint32(0, end - at, true)
  return end
}

/** What the worker needs of the frame at a place. */
export function readHead(from: Uint8Array, at: number): FrameHead {
  const view = new DataView(from.buffer, from.byteOffset + at)
  const size = view.getUint32(0, true)
  const flags = view.getUint8(54)
  const time = view.getFloat64(16, true)
  const kept = view.getUint16(52, true)
  const authorEnd = at + dataStart + fixedSize + ((flags & flag.author) === 0 ? 0 : 32)
  const keysStart =
    authorEnd + view.getUint8(55) * kept + view.getUint8(56) + ((flags & flag.kept) === 0 ? 0 : 2 * kept)
  return {
    size,
    arrival: view.getFloat64(4, true),
    topic: view.getUint32(12, true),
    time,
    keyTime: (flags & flag.content) === 0 ? time : 0,
    epoch: view.getFloat64(24, true),
    sequence: view.getFloat64(32, true),
    count: view.getUint32(48, true),
    author: from.subarray(at + dataStart + fixedSize, authorEnd),
    keys: from.subarray(keysStart, keysStart + kept * keySize),
    bytes: from.subarray(keysStart + kept * keySize, at + size),
  }
}

/** The record of the frame at a place; author, keys, ids and bytes are views of it. */
export function readFrame(from: Uint8Array, at: number, topicName: (topic: number) => string): StoredRecord {
  const view = new DataView(from.buffer, from.byteOffset + at)
  const { arrival, topic, time, keyTime, epoch, sequence, count, author, keys, bytes } = readHead(from, at)
  const flags = view.getUint8(54)
  const idsStart = at + dataStart + fixedSize + author.length
  const fromStart = idsStart + view.getUint8(55) * (keys.length / keySize)
  const keptStart = fromStart + view.getUint8(56)
  const keptView = new DataView(from.buffer, from.byteOffset + keptStart)
  return {
    arrival,
    topic: topicName(topic),
    bytes,
    time,
    keyTime,
    author,
    epoch,
    sequence,
    count,
    kept:
      (flags & flag.kept) === 0
        ? undefined
        : Array.from({ length: keys.length / keySize }, (_, index) => keptView.getUint16(index * 2, true)),
    keys,
    ids: (flags & flag.ids) === 0 ? undefined : from.subarray(idsStart, fromStart),
    from: keptStart === fromStart ? undefined : text.decode(from.subarray(fromStart, keptStart)),
    arrivedAt: view.getFloat64(40, true),
    via: vias[(flags >> viaShift) & 3] ?? 'live',
  }
}

/** The records of a buffer of frames. They share it: copy what is to be kept for long. */
export function readFrames(buffer: ArrayBuffer, topicName: (topic: number) => string): StoredRecord[] {
  const from = new Uint8Array(buffer)
  const records: StoredRecord[] = []
  for (let at = 0; at < from.length; at += new DataView(buffer).getUint32(at, true))
    records.push(readFrame(from, at, topicName))
  return records
}
