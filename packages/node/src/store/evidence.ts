import type { Context } from './context.ts'
import type { FrameHead } from './frame.ts'
import type { PartContext, ReadCall, WriteCall } from './part.ts'

/** Two records of one author that claim the same sequences, without their bytes. */
export interface EvidenceRow {
  readonly number: number
  /** Set once both envelopes were looked at. */
  readonly id: Uint8Array | undefined
  readonly topic: string
  /** Ed25519 key, 32 bytes. */
  readonly author: Uint8Array
  readonly epoch: number
  /** The sequences that both claim, both ends included. */
  readonly first: number
  readonly last: number
  /** Wall clock, µs since 1970. */
  readonly found: number
}

/** The wire bytes of two records. */
interface EvidencePair {
  readonly one: Uint8Array
  readonly other: Uint8Array
}

/** The calls of evidence. */
export interface EvidenceCalls {
  /** In the order in which they were found. */
  readonly 'evidence.list': ReadCall<undefined, readonly EvidenceRow[]>
  readonly 'evidence.pair': ReadCall<number, EvidencePair | undefined>
  /** False if there is evidence with this id: then the row is gone. */
  readonly 'evidence.name': WriteCall<{ readonly number: number; readonly id: Uint8Array }, boolean>
  readonly 'evidence.remove': WriteCall<number, boolean>
}

/** What is kept of one author: one proof would do, and a liar could make millions. */
const evidencePerAuthorMax = 4
/** And in all: at most 30 MB. */
const evidenceMax = 256

/** Whether there is as much evidence of an author as is kept: what else it contradicts is not searched for any more. */
export function isProven({ database }: Pick<Context, 'database'>, author: Uint8Array): boolean {
  const [count = 0] = database.numbers('SELECT count(*) FROM evidence WHERE author = ?', author)
  return count >= evidencePerAuthorMax
}

/**
 * Keeps the bytes of two records that contradict each other, in the transaction that stores the second: a crash does not
 * lose it, and it outlives both. The oldest of all go first.
 */
export function noteConflict({ database }: Context, topic: string, one: FrameHead, other: FrameHead): void {
  const first = Math.max(one.sequence, other.sequence)
  const last = Math.min(one.sequence + one.count, other.sequence + other.count) - 1
  database.run(
    'INSERT INTO evidence VALUES (NULL, NULL, ?, ?, ?, ?, ?, ?, ?, ?)',
    topic,
    one.author,
    one.epoch,
    first,
    last,
    Date.now() * 1000,
    one.bytes,
    other.bytes,
  )
  database.run(`DELETE FROM evidence WHERE number <= (SELECT max(number) FROM evidence) - ${evidenceMax}`)
}

/** Evidence as the main side reads it. What it is worth its signatures say: it has no checksum. */
export function evidenceCalls({ database }: PartContext): EvidenceCalls {
  const remove = (number: number): boolean => database.run('DELETE FROM evidence WHERE number = ?', number) > 0
  return {
    'evidence.list': {
      read: () =>
        database
          .all('SELECT number, id, topic, author, epoch, first, last, found FROM evidence ORDER BY number')
          .map(([number, id, topic, author, epoch, first, last, found]) => ({
            number: Number(number),
            id: id instanceof Uint8Array ? id.slice() : undefined,
            topic: String(topic),
            author: author instanceof Uint8Array ? author.slice() : new Uint8Array(),
            epoch: Number(epoch),
            first: Number(first),
            last: Number(last),
            found: Number(found),
          })),
    },
    'evidence.pair': {
      read: (number) => {
        const [one, other] = database.get('SELECT one, other FROM evidence WHERE number = ?', number) ?? []
        const isPair = one instanceof Uint8Array && other instanceof Uint8Array
        return isPair ? { one: one.slice(), other: other.slice() } : undefined
      },
    },
    'evidence.name': {
      write: ({ number, id }) => {
        const [known] = database.numbers('SELECT number FROM evidence WHERE id = ? AND number <> ?', id, number)
        if (known === undefined) return database.run('UPDATE evidence SET id = ? WHERE number = ?', id, number) > 0
        remove(number)
        return false
      },
    },
    'evidence.remove': { write: remove },
  }
}
