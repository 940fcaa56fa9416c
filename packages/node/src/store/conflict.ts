import type { Context } from './context.ts'
import { isProven } from './evidence.ts'
import type { FrameHead } from './frame.ts'
import { messagesPerRecordMax } from './record.ts'
import { readStored } from './stored.ts'

/** Authors and epochs that are remembered at once. */
const endsMax = 4096

/**
 * Where the stored sequences of authors end, for the last few: what comes after the end, as nearly everything does,
 * cannot overlap anything, and needs no search.
 */
export class SpanEnds {
  readonly #ends = new Map<string, number>()

  get(life: string): number | undefined {
    return this.#ends.get(life)
  }

  set(life: string, end: number): void {
    this.#ends.delete(life)
    this.#ends.set(life, end)
    if (this.#ends.size > endsMax) this.#ends.delete(this.#ends.keys().next().value!)
  }

  clear(): void {
    this.#ends.clear()
  }
}

/** A stored record that contradicts another. */
export interface Conflict {
  readonly arrival: number
  readonly head: FrameHead
}

/** Conflicts of one record that are told: an author could make each of a million records contradict all others. */
const conflictsMax = 4

/**
 * Stored records, a few at most, that claim sequences of this one for other messages: two envelopes of one author that
 * cannot both be true; none once enough is proven of the author. The same envelope, of which other messages were kept, is
 * no conflict.
 */
export function findConflicts(context: Context, topic: number, head: FrameHead): readonly Conflict[] {
  if (head.author.length === 0) return []
  const { epoch, sequence, count } = head
  const author = Buffer.from(head.author).toString('latin1')
  const life = `${topic} ${epoch} ${author}`
  const end = context.spanEnds.get(life) ?? lastEnd(context, topic, head)
  context.spanEnds.set(life, Math.max(end, sequence + count))
  // Who has made a thousand batches overlap would have each append pass over all of them.
  if (sequence >= end || isProven(context, head.author)) return []
  return overlapping(context, topic, head).flatMap((arrival) => {
    const stored = readStored(context, arrival)
    return stored === undefined || Buffer.compare(stored.head.bytes, head.bytes) === 0
      ? []
      : [{ arrival, head: stored.head }]
  })
}

function lastEnd({ database }: Context, topic: number, { author, epoch }: FrameHead): number {
  const life = 'topic = ?1 AND author = ?2 AND epoch = ?3'
  const [end] = database.numbers(
    `SELECT max(sequence + count) FROM span WHERE ${life}
       AND sequence > (SELECT max(sequence) FROM span WHERE ${life}) - ${messagesPerRecordMax}`,
    topic,
    author,
    epoch,
  )
  return end ?? 0
}

/** Records with one message are found where they begin; only those with more can begin before and reach into it. */
function overlapping({ database }: Context, topic: number, { author, epoch, sequence, count }: FrameHead): number[] {
  const life = 'topic = ? AND author = ? AND epoch = ?'
  return [
    ...database.numbers(
      `SELECT arrival FROM span WHERE ${life} AND sequence >= ? AND sequence < ? LIMIT ${conflictsMax}`,
      topic,
      author,
      epoch,
      sequence,
      sequence + count,
    ),
    ...database.numbers(
      `SELECT arrival FROM span INDEXED BY span_batch
       WHERE ${life} AND sequence > ? AND sequence < ? AND sequence + count > ? AND count > 1
       LIMIT ${conflictsMax}`,
      topic,
      author,
      epoch,
      sequence - messagesPerRecordMax,
      sequence,
      sequence,
    ),
  ]
}
