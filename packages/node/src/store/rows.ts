import { insertBody, sizeOf } from './body-rows.ts'
import type { Context } from './context.ts'
import type { FrameHead } from './frame.ts'
import { arrivalOf, atSize, atsOf, tailsOf, tailSize } from './key-row.ts'
import { keySize } from './record.ts'

/** What rows are written to. */
type Target = Pick<Context, 'database'>

/** Inserts rows of `key` that are not there yet, and returns how many those were. Many at once cost one crossing into SQLite. */
export function insertKeys({ database }: Target, topic: number, ats: Uint8Array, tails: Uint8Array): number {
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

/** Inserts a record's row, for a frame that begins with `dataStart` bytes of head. */
export function insertRecord(
  { database }: Target,
  arrival: number,
  topic: number,
  head: FrameHead,
  sum: Uint8Array,
  data: Uint8Array,
): void {
  const content = head.keyTime === head.time ? 0 : 1
  database.run('INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)', arrival, topic, head.time, content, sum, data)
}

/** Inserts what `span` says of a record, and which body it needs, if it is not there; counts what `span` got. */
export function insertSpan({ database }: Target, arrival: number, topic: number, head: FrameHead): number {
  const { author, epoch, sequence, count, keys, time } = head
  const values = [topic, author, epoch, sequence, arrival, count, keys.length / keySize, time, sizeOf(head)]
  insertBody({ database }, arrival, topic, head)
  return database.run('INSERT OR IGNORE INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', ...values)
}

/** Each `at` of a record's keys that leads to it. */
export function ownKeys({ database }: Context, topic: number, head: FrameHead, arrival: number): Uint8Array[] {
  const ats = atsOf(head.keyTime, head.keys)
  return Array.from({ length: ats.length / atSize }, (_, place) =>
    ats.subarray(place * atSize, (place + 1) * atSize),
  ).filter((at) => {
    const [tail] = database.get('SELECT tail FROM key WHERE topic = ? AND at = ?', topic, at) ?? []
    return tail instanceof Uint8Array && arrivalOf(topic, at, tail) === arrival
  })
}

/** Inserts the rows of `key` of a record that are missing, and returns how many those were. */
export function restoreKeys(context: Target, topic: number, head: FrameHead, arrival: number): number {
  const ats = atsOf(head.keyTime, head.keys)
  return insertKeys(context, topic, ats, tailsOf(topic, ats, arrival))
}
