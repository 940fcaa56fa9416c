import { atFrom } from './keys.ts'
import type { PartContext, ReadCall } from './part.ts'

/** A message of an author, and how far a reader is in the arrival sequence. */
interface LifePlace {
  readonly topic: string
  /** 32 bytes. */
  readonly author: Uint8Array
  readonly epoch: number
  readonly sequence: number
  /** The reader has looked at everything up to this number. */
  readonly arrival: number
  /** It wants nothing that was said before: author time, µs. */
  readonly since: number
}

/** The calls of lives: what the store has of one author's sequences in one epoch. */
export interface LifeCalls {
  /** The sequence behind the highest below this one that the reader is past. */
  readonly 'life.next': ReadCall<LifePlace, number>
  /** Who spoke in a topic: at most 10,000 keys. */
  readonly 'life.authors': ReadCall<string, readonly Uint8Array[]>
  /** Author time of the oldest message of a topic, µs; undefined where there is none. */
  readonly 'life.oldest': ReadCall<string, number | undefined>
  /** Whether the reader is still to come to sequences from `first` to below this one. */
  readonly 'life.isComing': ReadCall<LifePlace & { readonly first: number }, boolean>
}

/** Records that one question looks at. */
const recordsMax = 2_000
const authorsMax = 10_000
const ofLife = 'topic = ? AND author = ? AND epoch = ?'

/** Answers from the index of who said what. */
export function lifeCalls({ database, topics }: PartContext): LifeCalls {
  return {
    'life.next': {
      read: ({ topic: name, author, epoch, sequence, arrival, since }) => {
        const topic = topics.get(name)
        if (topic === undefined) return 1
        const rows = database.all(
          `SELECT sequence + count, arrival, time FROM span WHERE ${ofLife} AND sequence < ?
           ORDER BY sequence DESC LIMIT ${recordsMax}`,
          topic.id,
          author,
          epoch,
          sequence,
        )
        const past = rows.find(([, at, time]) => Number(at) <= arrival || Number(time) < since)
        if (past !== undefined) return Math.min(sequence, Number(past[0]))
        // An epoch begins at its number in ms: what was said at its beginning, the store has let go of, or it is not wanted.
        return epoch * 1000 < Math.max(topic.floor, since) && rows.length < recordsMax ? sequence : 1
      },
    },
    'life.authors': {
      read: (name) => {
        // From one author to the next by the index: the topic's rows are not looked at.
        const next = 'SELECT min(author) FROM span WHERE topic = ?1'
        const rows = database.all(
          `WITH RECURSIVE found (author) AS (
             ${next} UNION ALL SELECT (${next} AND author > found.author) FROM found WHERE found.author IS NOT NULL
           ) SELECT author FROM found WHERE author IS NOT NULL LIMIT ${authorsMax}`,
          topics.get(name)?.id ?? 0,
        )
        return rows.flatMap(([author]) => (author instanceof Uint8Array && author.length > 0 ? [author] : []))
      },
    },
    'life.oldest': {
      read: (name) => {
        const topic = topics.get(name)
        if (topic === undefined) return undefined
        const [at] = database.get('SELECT min(at) FROM key WHERE topic = ? AND at >= ?', topic.id, atFrom(1)) ?? []
        if (at instanceof Uint8Array) return new DataView(at.buffer, at.byteOffset).getFloat64(0)
        const byContent = 'SELECT min(time) FROM record INDEXED BY record_time WHERE content = 1 AND topic = ?'
        const [time] = database.get(byContent, topic.id) ?? []
        return typeof time === 'number' ? time : undefined
      },
    },
    'life.isComing': {
      read: ({ topic: name, author, epoch, first, sequence, arrival, since }) => {
        const topic = topics.get(name)
        if (topic === undefined) return false
        const found = database.get(
          `SELECT 1 FROM span WHERE ${ofLife} AND sequence < ? AND sequence + count > ? AND arrival > ? AND time >= ?`,
          topic.id,
          author,
          epoch,
          sequence,
          first,
          arrival,
          since,
        )
        return found !== undefined
      },
    },
  }
}
