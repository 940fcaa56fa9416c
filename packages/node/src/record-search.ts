import type { JournalRecord } from '@grapevine/protocol'
import { fromHex, toHex } from '@grapevine/protocol'
import { NodeError } from './error.ts'

/** Where records of messages are found. */
export interface RecordSource {
  why(id: Uint8Array): JournalRecord | undefined
  /** Ids that begin with lower-case hex digits, at most `countMax`. */
  idsWithPrefix(prefix: string, countMax: number): readonly Uint8Array[]
}

/** Fewer digits are no prefix: they would soon mean several messages. */
const prefixDigitsMin = 6

/**
 * The record of the message whose id a person gave in hex, whole or as a prefix of at least 6 digits; a whole id wins,
 * since content ids may be short. Errors `usage` (no id, or a prefix of several), `not-found`.
 */
export function findRecord(
  text: string,
  source: RecordSource,
): { readonly id: string; readonly record: JournalRecord } {
  const digits = text.toLowerCase()
  if (!/^[0-9a-f]{2,64}$/.test(digits)) {
    throw new NodeError(
      'usage',
      'a message id has 2 to 64 hex digits',
      'copy it whole, as pub or sub --json print it, or at least its first 6 digits',
    )
  }
  const whole = fromHex(digits)
  const exact = whole && source.why(whole)
  if (exact !== undefined) return { id: digits, record: exact }
  const ids = digits.length < prefixDigitsMin ? [] : source.idsWithPrefix(digits, 2)
  if (ids.length > 1)
    throw new NodeError('usage', `several messages have ids that begin with ${digits}`, 'give more of its digits')
  const [id] = ids
  const record = id && source.why(id)
  if (id !== undefined && record !== undefined) return { id: toHex(id), record }
  throw new NodeError(
    'not-found',
    `nothing is known of ${digits}`,
    digits.length < prefixDigitsMin
      ? `the start of an id needs at least ${prefixDigitsMin} digits`
      : 'this node never saw it, or saw it too long ago',
  )
}

/** The whole id, 32 bytes, that a person means: one that nobody needs to know, or a prefix as {@link findRecord} takes it. */
export function findWhole(text: string, source: RecordSource): Uint8Array {
  const whole = text.length === 64 ? fromHex(text) : undefined
  const id = whole ?? fromHex(findRecord(text, source).id)
  if (id?.length === 32) return id
  throw new NodeError('usage', `${text.slice(0, 64)} has ${id?.length ?? 0} bytes, and a parent’s id has 32`)
}
