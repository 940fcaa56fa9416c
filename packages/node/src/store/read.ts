import type { Context } from './context.ts'
import { arrivalOf, atOf } from './key-row.ts'
import { keySize, type RecordKey } from './record.ts'
import { damaged, readRow } from './stored.ts'
import { isBelowFloor } from './topics.ts'

/** Records as frames, and what was found on the way. */
export interface FramePage {
  readonly frames: ArrayBuffer
  /** Names of the topics in the frames. */
  readonly topicNames: readonly (readonly [topic: number, name: string])[]
  /** Arrivals whose records do not hold together. */
  readonly damaged: readonly number[]
  /** Whether a limit cut the answer. */
  readonly isCut: boolean
  /** Arrival of the last record that was looked at, given or not; 0 if none was. */
  readonly lookedAt: number
}

/** Records that one answer looks at. */
const recordsMax = 65_536

/** How much an answer may hold. */
export interface PageLimit {
  readonly messagesMax: number
  /** At least one record comes, however long. */
  readonly bytesMax: number
  readonly recordsMax?: number | undefined
}

/** Which records, by when they came. */
export interface ArrivalRange extends PageLimit {
  /** All topics where undefined. */
  readonly topics?: readonly string[] | undefined
  /** The records with messages after this number. */
  readonly after: number
  /** And before this one. */
  readonly before?: number | undefined
  /** The newest first. */
  readonly reverse?: boolean | undefined
}

/** Reads records by their arrivals, in that order, each checked. */
export function readRecords(
  context: Context,
  arrivals: Iterable<number>,
  {
    messagesMax,
    bytesMax,
    after = 0,
    only,
  }: PageLimit & { readonly after?: number | undefined; readonly only?: ReadonlySet<number> | undefined },
): FramePage {
  const found: Uint8Array[] = []
  const broken: number[] = []
  const topicNames = new Map<number, string>()
  let [messages, bytes, isCut, lookedAt] = [0, 0, false, 0]
  for (const arrival of arrivals) {
    if (messages >= messagesMax || bytes >= bytesMax) {
      isCut = true
      break
    }
    const before = lookedAt
    lookedAt = arrival
    const read = readRow(context, arrival)
    // A number comes from what points at records: nothing there is damage too.
    if (read === damaged || read === undefined) {
      broken.push(arrival)
      continue
    }
    const topic = context.topics.byId(read.head.topic)
    // An index that a bit error hit can lead to another topic's record.
    if (only?.has(read.head.topic) === false) continue
    const kept = read.head.keys.length / keySize
    if (topic === undefined || topic.isRemoved || isBelowFloor(topic, read.head) || arrival + kept <= after + 1)
      continue
    if (bytes > 0 && bytes + read.frame.length > bytesMax) {
      isCut = true
      lookedAt = before
      break
    }
    topicNames.set(topic.id, topic.name)
    found.push(read.frame)
    bytes += read.frame.length
    messages += kept
  }
  return { frames: joined(found, bytes), topicNames: [...topicNames], damaged: broken, isCut, lookedAt }
}

/** Records by their keys; a key that is not there is left out. A record of several wanted messages comes once. */
export function loadKeys(context: Context, topicName: string, keys: readonly RecordKey[], bytesMax: number): FramePage {
  const topic = context.topics.get(topicName)
  const arrivals = new Set<number>()
  for (const key of topic === undefined ? [] : keys) {
    const at = atOf(key)
    const [tail] = context.database.get('SELECT tail FROM key WHERE topic = ? AND at = ?', topic!.id, at) ?? []
    const arrival = tail instanceof Uint8Array ? arrivalOf(topic!.id, at, tail) : undefined
    if (arrival !== undefined) arrivals.add(arrival)
  }
  return readRecords(context, arrivals, { messagesMax: Infinity, bytesMax, only: new Set([topic?.id ?? 0]) })
}

/** Records by when they came. */
export function readArrivals(context: Context, range: ArrivalRange): FramePage {
  const { topics: names, after, before = Number.MAX_SAFE_INTEGER, reverse = false } = range
  const limit = Math.min(range.messagesMax, range.recordsMax ?? recordsMax, recordsMax)
  const ids = names === undefined ? undefined : names.flatMap((name) => context.topics.get(name)?.id ?? [])
  const found = (ids ?? [undefined]).flatMap((id) => arrivalsOf(context, id, after, before, limit, reverse))
  if (found.length === 0) return { frames: new ArrayBuffer(), topicNames: [], damaged: [], isCut: false, lookedAt: 0 }
  const ordered = found.toSorted((one, other) => (reverse ? other - one : one - other)).slice(0, limit)
  const page = readRecords(context, ordered, { ...range, only: ids === undefined ? undefined : new Set(ids) })
  return { ...page, isCut: page.isCut || ordered.length < found.length || ordered.length === limit }
}

/** Arrivals of records that have messages between two numbers; the first may begin before them. */
function arrivalsOf(
  { database }: Context,
  topic: number | undefined,
  after: number,
  before: number,
  limit: number,
  reverse: boolean,
): number[] {
  const [which, ...where] = topic === undefined ? ['arrival >= 0'] : ['topic = ?', topic]
  const [from = after + 1] = database.numbers(
    `SELECT arrival FROM record WHERE ${which} AND arrival <= ? ORDER BY arrival DESC LIMIT 1`,
    ...where,
    after + 1,
  )
  return database.numbers(
    `SELECT arrival FROM record WHERE ${which} AND arrival >= ? AND arrival < ? ORDER BY arrival ${reverse ? 'DESC' : 'ASC'} LIMIT ?`,
    ...where,
    from,
    before,
    limit,
  )
}

function joined(parts: readonly Uint8Array[], bytes: number): ArrayBuffer {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole.buffer
}
