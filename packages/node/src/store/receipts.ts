import { NodeError } from '../error.ts'
import type { PartContext, ReadCall, WriteCall } from './part.ts'

/** A receipt that a peer gave us; its own signature is its checksum. */
interface KeptReceipt {
  readonly topic: string
  /** The receipt's bytes. */
  readonly bytes: Uint8Array
}

/** A receipt with the author time of the youngest of its messages, µs: it goes when that does. */
type NewReceipt = KeptReceipt & { readonly time: number }

/** Receipts that are wanted of a message and have not come yet, across restarts. */
export interface Wish {
  readonly topic: string
  readonly id: Uint8Array
  /** Author time, µs; 0 on topics whose ids come from content. */
  readonly time: number
  /** How many peers are to sign; or which, by peer id. */
  readonly wants: number | readonly string[]
}

/** The calls of receipts. */
export interface ReceiptCalls {
  readonly 'receipt.add': WriteCall<NewReceipt, void>
  /** Receipts that may name messages whose ids begin with these bytes: at most 1,000, the youngest first. */
  readonly 'receipt.find': ReadCall<Uint8Array, readonly KeptReceipt[]>
  readonly 'wish.list': ReadCall<undefined, readonly Wish[]>
  readonly 'wish.add': WriteCall<Wish, void>
  readonly 'wish.remove': WriteCall<Pick<Wish, 'topic' | 'id'>, void>
}

/** Bytes of all receipts; the oldest go first. At 512 messages in each that is two million statements. */
const receiptBytesMax = 64 << 20
/** What a row costs beside its receipt. */
const rowBytes = 100
const foundMax = 1000
const wishesMax = 10_000

/** Keeps receipts and wishes in tables of their own. */
export function receiptCalls({ database, topics }: PartContext): ReceiptCalls {
  const count = (): number => database.numbers(`SELECT total(length(bytes) + ${rowBytes}) FROM receipt`)[0] ?? 0
  const floorOf = (topic: string): number => topics.get(topic)?.floor ?? 0
  /** What the messages' retention let go, nobody signs for any more. */
  const isGone = (topic: string, time: number): boolean => time > 0 && time < floorOf(topic)
  let bytesKept = count()
  database.onRollback(() => (bytesKept = count()))
  const drop = (where: string, ...values: (string | number)[]): void => {
    const [bytes = 0] = database.numbers(
      `SELECT total(length(bytes) + ${rowBytes}) FROM receipt WHERE ${where}`,
      ...values,
    )
    if (bytes > 0) database.run(`DELETE FROM receipt WHERE ${where}`, ...values)
    bytesKept -= bytes
  }
  return {
    'receipt.add': {
      write: ({ topic, bytes, time }) => {
        database.run('INSERT INTO receipt (topic, time, bytes) VALUES (?, ?, ?)', topic, time, bytes)
        bytesKept += bytes.length + rowBytes
        // What the messages' retention let go, its receipts follow.
        drop('topic = ? AND time < ?', topic, floorOf(topic))
        if (bytesKept > receiptBytesMax) drop('number IN (SELECT number FROM receipt ORDER BY number LIMIT 100)')
      },
    },
    'receipt.find': {
      // A look at every receipt: some 50 ms at most, for people only.
      read: (prefix) =>
        database
          .all(
            `SELECT topic, bytes FROM receipt WHERE instr(bytes, ?) > 0 ORDER BY number DESC LIMIT ${foundMax}`,
            prefix,
          )
          .flatMap(([topic, bytes]) => (bytes instanceof Uint8Array ? [{ topic: String(topic), bytes }] : [])),
    },
    'wish.list': {
      read: () =>
        database.all('SELECT topic, id, time, wants FROM wish').flatMap(([topic, id, time, wants]) => {
          if (!(id instanceof Uint8Array) || isGone(String(topic), Number(time))) return []
          const wanted = parseWants(String(wants))
          return wanted === undefined ? [] : [{ topic: String(topic), id, time: Number(time), wants: wanted }]
        }),
    },
    'wish.add': {
      write: ({ topic, id, time, wants }) => {
        database.run('DELETE FROM wish WHERE topic = ? AND time > 0 AND time < ?', topic, floorOf(topic))
        if ((database.numbers('SELECT count(*) FROM wish')[0] ?? 0) >= wishesMax)
          throw new NodeError('overloaded', `${wishesMax} messages wait for receipts already`)
        database.run('INSERT OR REPLACE INTO wish VALUES (?, ?, ?, ?)', topic, id, time, JSON.stringify(wants))
      },
    },
    'wish.remove': {
      write: ({ topic, id }) => void database.run('DELETE FROM wish WHERE topic = ? AND id = ?', topic, id),
    },
  }
}

/** Undefined for a row that a bit error has changed. */
function parseWants(text: string): Wish['wants'] | undefined {
  try {
    const value = JSON.parse(text) as unknown
    if (Number.isSafeInteger(value)) return value as number
    return Array.isArray(value) && value.every((peer) => typeof peer === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
