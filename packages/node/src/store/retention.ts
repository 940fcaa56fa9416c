import type { Context } from './context.ts'
import { atSize, arrivalOf, timeOf } from './key-row.ts'
import { atFrom } from './keys.ts'
import { belowAuthorFloor, nothingRemoved, removeRecords, type Removal } from './remove.ts'
import type { TopicEntry } from './topics.ts'

/** How much of a topic is kept. Where several are said, all of them hold. */
export interface RetentionPolicy {
  /** By author time, µs. */
  readonly time?: number | undefined
  /** Messages. */
  readonly capacity?: number | undefined
  /** Wire bytes. */
  readonly size?: number | undefined
}

/** One step of a retention. */
export interface RetainStep {
  readonly topic: string
  readonly policy: RetentionPolicy
  /** Wall clock, µs since 1970. */
  readonly now: number
  /** What the step before was at: undefined for the first. */
  readonly going: { readonly author: string | undefined } | undefined
}

/** What a step did. */
export interface Retained extends Removal {
  readonly floor: number
  /** Floors of single authors, by their key in hex. */
  readonly authorFloors: Readonly<Record<string, number>>
  /** For the next step, if `isCut`. */
  readonly going: RetainStep['going']
}

/** Records that go in one step. */
const recordsPerStep = 1000
/** A cut goes this far below the limit, so that the next one is not due at once. */
const cutTo = 15 / 16
/** What of a limit an author may take while there are others. */
const shareMax = 1 / 2

/**
 * Takes a step towards a policy. Age raises the topic's floor. A limit that is exceeded first costs the author who has
 * more than half of it, while there are others: its own floor rises, and its oldest go. If that is not enough, the
 * topic's floor rises. So no author alone can move the floor of the others.
 */
export function retain(context: Context, step: RetainStep): Retained {
  const topic = context.topics.get(step.topic)
  if (topic === undefined) return { ...nothingRemoved(), floor: 0, authorFloors: {}, going: undefined }
  return context.database.transaction(() => {
    const taken = take(context, topic, step)
    const removed = removeRecords(context, topic, taken.arrivals)
    context.topics.saveFact(topic)
    context.topics.save()
    const isCut = taken.going !== undefined && (taken.arrivals.length > removed.damaged.length || taken.isNew === true)
    const authorFloors = Object.fromEntries(topic.authorFloors)
    return { ...removed, isCut, floor: topic.floor, authorFloors, going: taken.going }
  })
}

interface Taken {
  readonly arrivals: readonly number[]
  readonly going: RetainStep['going']
  /** A floor was set, and nothing taken yet. */
  readonly isNew?: boolean
}

function take(context: Context, topic: TopicEntry, { policy, now, going }: RetainStep): Taken {
  if (going?.author !== undefined) {
    const arrivals = belowAuthorFloor(context, topic, going.author, recordsPerStep)
    return { arrivals, going: arrivals.length < recordsPerStep ? { author: undefined } : going, isNew: true }
  }
  raiseTo(topic, policy.time === undefined ? 0 : now - policy.time)
  const old = oldest(context, topic, topic.floor)
  if (old.length > 0)
    return {
      arrivals: old.map(({ arrival }) => arrival),
      going: going ?? { author: undefined },
      isNew: going === undefined,
    }
  const excess = excessOf(topic, policy, going === undefined ? 1 : cutTo)
  if (excess === undefined) return { arrivals: [], going: undefined }
  const author = overShare(context, topic, policy)
  if (author !== undefined) return { arrivals: [], going: { author }, isNew: true }
  return { arrivals: cutOldest(context, topic, excess), going: { author: undefined } }
}

interface Excess {
  readonly messages: number
  readonly bytes: number
}

/** By how much a topic is above a part of its limits. */
function excessOf(
  { messages, bytes }: TopicEntry,
  { capacity = Infinity, size = Infinity }: RetentionPolicy,
  part: number,
): Excess | undefined {
  if (messages <= capacity * part && bytes <= size * part) return undefined
  return { messages: messages - capacity * cutTo, bytes: bytes - size * cutTo }
}

/** The author with more than its share, whose floor is now where it has a little less than that. */
function overShare(
  { database }: Context,
  topic: TopicEntry,
  { capacity = Infinity, size = Infinity }: RetentionPolicy,
): string | undefined {
  const shares = database.all(
    'SELECT author, sum(kept), sum(size) FROM span WHERE topic = ? GROUP BY author LIMIT 100000',
    topic.id,
  )
  if (shares.length < 2) return undefined
  const [capacityShare, sizeShare] = [capacity * shareMax, size * shareMax]
  for (const [author, messages, bytes] of shares) {
    if (!(author instanceof Uint8Array) || author.length === 0) continue
    if (Number(messages) <= capacityShare && Number(bytes) <= sizeShare) continue
    const [last] = database.numbers(
      `SELECT time FROM (
         SELECT time, sum(kept) OVER newest AS messages, sum(size) OVER newest AS bytes FROM span
         WHERE topic = ? AND author = ? WINDOW newest AS (ORDER BY time DESC, arrival DESC)
       ) WHERE messages > ? OR bytes > ? ORDER BY time DESC LIMIT 1`,
      topic.id,
      author,
      Math.min(capacityShare * cutTo, Number.MAX_SAFE_INTEGER),
      Math.min(sizeShare * cutTo, Number.MAX_SAFE_INTEGER),
    )
    const name = Buffer.from(author).toString('hex')
    topic.authorFloors.set(name, Math.max(topic.authorFloors.get(name) ?? 0, (last ?? 0) + 1))
    return name
  }
  return undefined
}

/**
 * Raises the floor over the oldest records until the excess is covered, and returns their arrivals. The newest stays,
 * also where its messages alone are more than the limit: an envelope is kept whole or not at all.
 */
function cutOldest(context: Context, topic: TopicEntry, excess: Excess): number[] {
  const taken: number[] = []
  const last = newestTime(context, topic)
  let [messages, bytes, floor] = [0, 0, topic.floor]
  for (const { arrival, time, kept, size } of oldest(context, topic, Number.MAX_SAFE_INTEGER)) {
    // All of one time go together: the floor is between times.
    if (time >= last || (messages >= excess.messages && bytes >= excess.bytes && time >= floor)) break
    taken.push(arrival)
    messages += kept
    bytes += size
    floor = Math.max(floor, time + 1)
  }
  raiseTo(topic, floor)
  return taken
}

function raiseTo(topic: TopicEntry, floor: number): void {
  if (floor <= topic.floor) return
  topic.floor = floor
  for (const [author, own] of topic.authorFloors) if (own <= floor) topic.authorFloors.delete(author)
}

/** Author time of the newest record. */
function newestTime({ database }: Context, { id }: TopicEntry): number {
  const [at] = database.get('SELECT at FROM key WHERE topic = ? ORDER BY at DESC LIMIT 1', id) ?? []
  const ordered = at instanceof Uint8Array && at.length === atSize ? timeOf(at) : 0
  const [byContent = 0] = database.numbers(
    'SELECT time FROM record INDEXED BY record_time WHERE content = 1 AND topic = ? ORDER BY time DESC LIMIT 1',
    id,
  )
  return Math.max(ordered, byContent)
}

interface OldRecord {
  readonly arrival: number
  readonly time: number
  readonly kept: number
  readonly size: number
}

const sizeQuery = `SELECT time, length(data) + ifnull((SELECT sum(size) FROM body WHERE body.arrival = record.arrival), 0)
  FROM record WHERE arrival = ?`

/** The oldest records below a time, oldest first. */
function oldest({ database }: Context, { id }: TopicEntry, below: number): OldRecord[] {
  const rows = database.all(
    `SELECT at, tail FROM key WHERE topic = ? AND at >= ? AND at < ? ORDER BY at LIMIT ${recordsPerStep}`,
    id,
    atFrom(1),
    atFrom(below),
  )
  const ordered = rows.flatMap(([at, tail]) => {
    if (!(at instanceof Uint8Array) || !(tail instanceof Uint8Array) || at.length !== atSize) return []
    return arrivalOf(id, at, tail) ?? []
  })
  const byContent = database.numbers(
    `SELECT arrival FROM record INDEXED BY record_time WHERE content = 1 AND topic = ? AND time < ? ORDER BY time LIMIT ${recordsPerStep}`,
    id,
    below,
  )
  const found = [...new Set([...ordered, ...byContent])].flatMap((arrival) => {
    const [time, size] = database.get(sizeQuery, arrival) ?? []
    const kept = ordered.filter((other) => other === arrival).length
    return typeof time === 'number' ? [{ arrival, time, kept: Math.max(kept, 1), size: Number(size) }] : []
  })
  return found.toSorted((one, other) => one.time - other.time)
}
