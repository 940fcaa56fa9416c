import { arrivalOf, atSize } from './key-row.ts'
import type { PartContext, ReadCall, WriteCall } from './part.ts'

/** A place in the sequence of our own envelopes on a topic. */
export interface OwnPlace {
  readonly epoch: number
  readonly sequence: number
}

/** What is known of our own envelopes on a topic, beyond the records themselves. */
export interface OutboxMark {
  readonly topic: string
  /** All up to this envelope are held by others. */
  readonly held: OwnPlace
  /** All after this envelope have never left the node; absent: any may have. */
  readonly kept?: OwnPlace
}

/** An envelope of ours in the store. */
interface OwnSpan extends OwnPlace {
  readonly arrival: number
  /** Messages of it that are kept. */
  readonly messages: number
  /** Author time, µs. */
  readonly time: number
}

/** Which of our envelopes, in order of epoch and sequence. */
interface OwnRange {
  readonly topic: string
  readonly author: Uint8Array
  readonly after: OwnPlace
  readonly limit: number
}

/** The calls of the outbox, and of those who ask what is on disk. */
export interface OutboxCalls {
  readonly 'outbox.marks': ReadCall<undefined, readonly OutboxMark[]>
  readonly 'outbox.mark': WriteCall<OutboxMark, void>
  readonly 'outbox.spans': ReadCall<OwnRange, readonly OwnSpan[]>
  /** Which of these (time · key, 24 bytes each) are on disk: 1 or 0 for each. */
  readonly 'outbox.has': ReadCall<{ readonly topic: string; readonly ats: Uint8Array }, Uint8Array>
}

/** Reads our own envelopes from the index of who said what, and keeps a mark for each topic as a fact. */
export function outboxCalls({ database, facts, topics }: PartContext): OutboxCalls {
  return {
    'outbox.marks': { read: () => [...facts.list('outbox/').values()] as OutboxMark[] },
    'outbox.mark': { write: (mark) => facts.set(`outbox/${mark.topic}`, mark) },
    'outbox.spans': {
      read: ({ topic, author, after, limit }) => {
        const entry = topics.get(topic)
        if (entry === undefined) return []
        const rows = database.all(
          `SELECT epoch, sequence, arrival, kept, time FROM span
           WHERE topic = ? AND author = ? AND (epoch, sequence) > (?, ?) AND time >= ?
           ORDER BY epoch, sequence LIMIT ?`,
          entry.id,
          author,
          after.epoch,
          after.sequence,
          entry.floor,
          limit,
        )
        return rows.map((row) => {
          const [epoch = 0, sequence = 0, arrival = 0, messages = 0, time = 0] = row.map(Number)
          return { epoch, sequence, arrival, messages, time }
        })
      },
    },
    'outbox.has': {
      read: ({ topic, ats }) => {
        const entry = topics.get(topic)
        const found = new Uint8Array(ats.length / atSize)
        if (entry === undefined) return found
        for (let index = 0; index < found.length; index++) {
          const at = ats.subarray(index * atSize, (index + 1) * atSize)
          const [tail] = database.get('SELECT tail FROM key WHERE topic = ? AND at = ?', entry.id, at) ?? []
          if (tail instanceof Uint8Array && arrivalOf(entry.id, at, tail) !== undefined) found[index] = 1
        }
        return found
      },
    },
  }
}
