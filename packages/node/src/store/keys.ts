import type { Context } from './context.ts'
import { atOf, atSize, checkOf, tailSize, timeOf } from './key-row.ts'
import { keySize } from './record.ts'

/** Some of a topic's keys in the order of reconciliation. */
export interface KeyChunk {
  /** Key times of the messages. */
  readonly times: Float64Array<ArrayBuffer>
  /** Their keys, 16 bytes each. */
  readonly keys: Uint8Array<ArrayBuffer>
}

/** Rows in a chunk: 1.2 MB in the database, a few milliseconds. */
const rowsMax = 8_192
const rowSize = atSize + tailSize

/** A chunk, and where the next one begins. */
export interface KeyPage extends KeyChunk {
  /** `at` of the last row that was looked at; undefined at the end. */
  readonly last: Uint8Array<ArrayBuffer> | undefined
  /** Rows that do not hold together, and were left out. */
  readonly damaged: number
}

/** Keys of a topic that come after `after`, without those below its floor. One aggregate: a row at a time took five times as long. */
export function readKeys({ database, topics }: Context, topicName: string, after: Uint8Array | undefined): KeyPage {
  const topic = topics.get(topicName)
  const none = { times: new Float64Array(), keys: new Uint8Array(), last: undefined, damaged: 0 }
  if (topic === undefined) return none
  const [rows] =
    database.get(
      `SELECT CAST(group_concat(at || tail, '') AS BLOB)
       FROM (SELECT at, tail FROM key WHERE topic = ? AND at > ? ORDER BY at LIMIT ${rowsMax})`,
      topic.id,
      after ?? new Uint8Array(),
    ) ?? []
  if (!(rows instanceof Uint8Array)) return none
  const last = new Uint8Array(rows.slice(-rowSize, -tailSize))
  const chunk = split(topic.id, topic.floor, rows)
  release(rows as Uint8Array<ArrayBuffer>)
  return { ...chunk, last }
}

/**
 * Gives back the memory of arrays that nobody reads any more, at once: what a start goes through, 100 MB for a million
 * keys, would stay with the process, since a collection comes too late for the allocator to use it again.
 */
export function release(...arrays: readonly { readonly buffer: ArrayBuffer }[]): void {
  for (const { buffer } of arrays) buffer.transfer(0)
}

/** Rows of `key`, as columns. */
export function joinAts(ats: readonly Uint8Array[]): KeyChunk {
  const times = new Float64Array(ats.length)
  const keys = new Uint8Array(ats.length * keySize)
  for (const [index, at] of ats.entries()) {
    times[index] = timeOf(at)
    keys.set(at.subarray(8), index * keySize)
  }
  return { times, keys }
}

/** Where in `key` the messages from this time on begin. */
export const atFrom = (time: number): Uint8Array => atOf({ time, key: new Uint8Array(keySize) })

function split(topic: number, floor: number, rows: Uint8Array): Omit<KeyPage, 'last'> {
  const count = Math.floor(rows.length / rowSize)
  const view = new DataView(rows.buffer, rows.byteOffset)
  const times = new Float64Array(count)
  const keys = new Uint8Array(count * keySize)
  let [kept, damaged] = [0, 0]
  for (let at = 0; at + rowSize <= rows.length; at += rowSize) {
    if (checkOf(topic, view, at, view, at + atSize) !== view.getUint32(at + rowSize - 4)) {
      damaged++
      continue
    }
    const time = view.getFloat64(at)
    // Content ids are ordered by 0, and know no floor.
    if (time !== 0 && time < floor) continue
    times[kept] = time
    // A view for each row would be an object for each.
    for (let from = at + 8, to = kept * keySize; from < at + atSize; from++, to++) keys[to] = rows[from]!
    kept++
  }
  if (kept === count) return { times, keys, damaged }
  return { times: times.slice(0, kept), keys: keys.slice(0, kept * keySize), damaged }
}
