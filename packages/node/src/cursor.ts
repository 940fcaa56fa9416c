import type { Position } from './topic/reader.ts'

/** What a cursor is good for: this life of the node, and this log of its store. */
export interface CursorScope {
  readonly epoch: number
  /** 8 hex digits; empty without a store. */
  readonly logEpoch: string
}

/** Where a reader is, as text: epoch and number of a message in this life, log and arrival number in the store. */
export const cursorOf = ({ epoch, logEpoch }: CursorScope, { number, arrival }: Position): string =>
  `${epoch}-${number}-${logEpoch}-${arrival}`

/**
 * What a cursor stands for. Of another life of the node only the arrival number counts (`number` is 0); of another log,
 * and of any other text, nothing: undefined.
 */
export function readCursor(cursor: string, { epoch, logEpoch }: CursorScope): Position | undefined {
  const [, life, number, log, arrival] = /^(\d{1,15})-(\d{1,15})-([0-9a-f]{0,8})-(\d{1,15})$/.exec(cursor) ?? []
  if (log !== logEpoch) return undefined
  return { number: Number(life) === epoch ? Number(number) : 0, arrival: Number(arrival) }
}
