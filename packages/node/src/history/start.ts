import { NodeError } from '../error.ts'
import type { FindId } from './find-id.ts'
import type { MessageLog } from './log.ts'

/** Where a reader begins. Without any of it: with the next message. At most one of the three. */
export interface StartOptions {
  /** With what was said from this moment on, by the clocks of the authors; or behind the message with this id. */
  readonly since?: Date | string | undefined
  /** With the last so many messages that came. */
  readonly last?: number | undefined
  /** With the oldest message that is kept. */
  readonly all?: boolean | undefined
}

/** Where a reader begins, found. */
export interface Start {
  /** Behind this arrival number. */
  readonly arrival: number
  /** Author time, µs: nothing older. 0: everything. */
  readonly since: number
}

/** What finding a start needs. */
export interface StartContext {
  readonly log: MessageLog
  readonly findId: FindId
}

/** Whether a reader is to begin in the past. Error `usage` if it is to begin at several places. */
export function isInPast({ since, last, all }: StartOptions): boolean {
  const given = [since !== undefined, last !== undefined, all === true].filter(Boolean).length
  if (given > 1) throw new NodeError('usage', 'since, last and all exclude each other')
  return given === 1
}

/** Finds where a reader of these topics begins. Errors `usage`, `not-found` (no message with that id). */
export async function findStart(
  topics: readonly string[],
  { since, last, all }: StartOptions,
  { log, findId }: StartContext,
): Promise<Start | undefined> {
  if (all === true) return { arrival: 0, since: 0 }
  if (last !== undefined) return { arrival: await log.beginOfLast(last, { topics }), since: 0 }
  if (since === undefined) return undefined
  const time = timeOf(since)
  if (time === undefined) return { arrival: (await findId.byText(topics, String(since))).arrival!, since: 0 }
  return { arrival: await log.beginOfTime(topics, time), since: time }
}

/** A moment in µs since 1970, or undefined for what can only be an id. Error `usage`. */
export function timeOf(moment: Date | string): number | undefined {
  if (typeof moment === 'string' && /^[0-9a-f]{2,64}$/i.test(moment)) return undefined
  const ms = moment instanceof Date ? moment.getTime() : isoTime.test(moment) ? Date.parse(moment) : Number.NaN
  if (Number.isSafeInteger(ms) && ms >= 0) return ms * 1000
  throw new NodeError(
    'usage',
    `${String(moment).slice(0, 40)} is neither a time nor a message id`,
    'a time is 2026-11-22T10:00:00Z',
  )
}

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$/
