import type { Context } from './context.ts'

/** What the store has of one author's life: one epoch of one topic. */
export interface AuthorLife {
  /** 32 bytes; empty for raw payloads. */
  readonly author: Uint8Array
  readonly epoch: number
  /** Lowest and highest sequence. */
  readonly first: number
  readonly last: number
  /** Messages kept. */
  readonly messages: number
  /** Sequences between first and last that no envelope here has: from and to, both missing; the first hundred ranges. */
  readonly gaps: readonly (readonly [from: number, to: number])[]
}

/** Where a list of authors goes on. */
export interface AuthorCursor {
  readonly author: Uint8Array
  readonly epoch: number
}

const livesMax = 100
const gapsMax = 100

/** Authors of a topic and their epochs, in the order of their bytes, after a cursor: at most a hundred. */
export function readAuthors(
  context: Context,
  topicName: string,
  after: AuthorCursor | undefined,
): readonly AuthorLife[] {
  const { database, topics } = context
  const topic = topics.get(topicName)
  if (topic === undefined) return []
  const rows = database.all(
    `SELECT author, epoch, min(sequence), max(sequence + count) - 1, sum(kept) FROM span
     WHERE topic = ? AND (author, epoch) > (?, ?) GROUP BY author, epoch ORDER BY author, epoch LIMIT ${livesMax}`,
    topic.id,
    after?.author ?? new Uint8Array(),
    after?.epoch ?? -1,
  )
  return rows.map(([author, ...numbers]) => {
    const [epoch = 0, first = 0, last = 0, messages = 0] = numbers.map(Number)
    const own = author instanceof Uint8Array ? author : new Uint8Array()
    // Raw payloads are in no sequence.
    const gaps = own.length === 0 ? [] : gapsOf(context, topic.id, own, epoch)
    return { author: own, epoch, first, last, messages, gaps }
  })
}

function gapsOf({ database }: Context, topic: number, author: Uint8Array, epoch: number): [number, number][] {
  const rows = database.all(
    `SELECT reached, next FROM (
       SELECT max(sequence + count) OVER before AS reached, lead(sequence) OVER (ORDER BY sequence) AS next
       FROM span WHERE topic = ? AND author = ? AND epoch = ?
       WINDOW before AS (ORDER BY sequence ROWS UNBOUNDED PRECEDING)
     ) WHERE next > reached LIMIT ${gapsMax}`,
    topic,
    author,
    epoch,
  )
  return rows.map(([reached, next]) => [Number(reached), Number(next) - 1])
}
