import type { Event, Millis, PeerId, Ref } from '../event.ts'
import type { KeyList } from '../reconcile/key.ts'
import type { Session } from '../reconcile/session.ts'
import type { EndReason, SessionReport, StoredRecord } from '../reconcile/session-output.ts'
import { keySize, type StoreRecord } from '../store/record.ts'
import { isContentTopic, type TopicRules } from '../topic.ts'
import type { Decision } from '../verdict.ts'
import type { Outcome } from './schedule.ts'

/** A comparison that somebody waits for. */
export type Demand = Omit<Event & { type: 'compare' }, 'type'>

/** A session with a peer, and the stream that it has for itself. */
export interface Talk {
  readonly stream: Ref
  readonly peer: PeerId
  /** The plain name; unknown until a peer has said what it opens. */
  topic?: string
  readonly demand?: Demand | undefined
  readonly isRound?: boolean
  session?: Session
  report?: SessionReport
  /** Records that are being checked, and whether more is to be asked for after them. */
  ingesting: number
  isAnswered: boolean
  /** It gave what was not asked for, and why that is. */
  stray?: 'unrequested' | 'other-definition'
  unsent: number
  readonly beganAt: Millis
  movedAt: Millis
  fetched: number
  /** Of these, messages that were turned away. */
  refused: number
  /** Why the session ended. */
  reason?: EndReason
}

/** A talk of which only the peer is known. */
export const blank = (stream: Ref, peer: PeerId, now: Millis): Talk => ({
  stream,
  peer,
  ingesting: 0,
  isAnswered: false,
  unsent: 0,
  beganAt: now,
  movedAt: now,
  fetched: 0,
  refused: 0,
})

/** What the end of a talk means for the next one. */
export function outcomeOf(reason: EndReason, { report, fetched }: Talk): Outcome {
  if (reason === 'busy') return 'again'
  if (reason === 'closed') return fetched > 0 ? 'more' : 'equal'
  if (reason === 'other-definition') return 'otherwise'
  if (reason !== 'done') return 'failed'
  if (report?.complete !== false) return 'equal'
  // A peer that says so for ever, and gives nothing, must not keep us at it.
  return fetched > 0 ? 'more' : 'again'
}

/** Which of the keys that were asked for each record holds; records with none of them are left out. */
export function matched(
  records: readonly Pick<StoreRecord, 'keyTime' | 'keys' | 'bytes'>[],
  asked: KeyList,
): readonly StoredRecord[] {
  const places = new Map<string, number>()
  for (let at = 0; at < asked.length; at++) places.set(textOf(asked.time(at), asked.id(at)), at)
  const found: StoredRecord[] = []
  for (const { keyTime, keys, bytes } of records) {
    const indexes: number[] = []
    for (let at = 0; at < keys.length; at += keySize) {
      const place = places.get(textOf(keyTime, keys.subarray(at, at + keySize)))
      if (place !== undefined) indexes.push(place)
    }
    if (indexes.length > 0) found.push({ keys: indexes.toSorted((a, b) => a - b), bytes })
  }
  return found
}

const textOf = (time: number, id: Uint8Array): string => `${time}/${String.fromCharCode(...id)}`

/**
 * Why a peer gave a record under keys that are not its own by our rules. What content ids are depends on the topic's definition,
 * and the keys of all of them have no time: then the peer goes by another one. Other keys are the same for everybody.
 */
export const strayOf = (keys: KeyList, rules: TopicRules | undefined): 'unrequested' | 'other-definition' =>
  rules === undefined || isContentTopic(rules) || keys.time(0) === 0 ? 'other-definition' : 'unrequested'

/** Whether a message that a peer gave was given in vain: it is neither taken, nor here already, nor waiting here. */
export const isTurnedAway = ({ verdict, reason }: Decision): boolean =>
  verdict !== 'accept' && reason !== 'duplicate' && reason !== 'deferred' && reason !== 'body-awaited'

/** A session in which nothing moves for this long is given up; sooner where somebody waits to be told how that peer compares. */
const [silenceMs, awaitedSilenceMs] = [15_000, 5_000]
/** And one that lasts this long, whatever moves: eight slow peers must not keep all others out. The next one goes on. */
const talkMsMax = 120_000

/** When a session is given up if nothing moves. */
export const endOf = ({ movedAt, beganAt }: Talk, isAwaited: boolean): Millis =>
  Math.min(movedAt + (isAwaited ? awaitedSilenceMs : silenceMs), beganAt + talkMsMax)
