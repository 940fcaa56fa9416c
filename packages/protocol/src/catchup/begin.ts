import type { Millis, PeerId } from '../event.ts'
import { futureMaxUs } from '../reading.ts'
import { Session } from '../reconcile/session.ts'
import type { SessionOptions } from '../reconcile/session-options.ts'
import type { SessionMode } from '../reconcile/session-output.ts'
import type { Holdings } from '../store/holdings.ts'
import type { Refusals } from '../store/refusals.ts'
import { isContentTopic, type TopicRules } from '../topic.ts'
import type { Schedule } from './schedule.ts'
import type { Talk } from './talk.ts'

/** What sessions are made of, whoever opens them. */
export interface BeginContext {
  readonly holdings: Holdings
  readonly refusals: Refusals
  /** Whether what a peer has under a key waits here to be judged again. */
  readonly isWaiting: (rules: TopicRules, key: Uint8Array, peer: PeerId) => boolean
  /** 0 to 1, fresh each time. */
  readonly random: () => number
  /** How far back this node compares, in µs of author time; 0: no limit. */
  readonly backUs: number
}

/** When a session begins, and about what. */
export interface Beginning {
  readonly rules: TopicRules
  readonly now: Millis
  /** Our clock, in µs. */
  readonly wall: number
  /** Knows who names messages by another rule: of that, nothing can be asked for. */
  readonly schedule: Pick<Schedule, 'isOtherwise'>
}

/** What is younger is left to gossip in rounds; when peers meet, everything counts. In µs. */
const freshUs = 3_000_000
/** What is younger may still be on its way, and is no difference. In µs. */
const settledUs = 10_000_000

/** A session that we open. */
export function openSession(context: BeginContext, talk: Talk, beginning: Beginning): Session {
  const { mode = 'sync', floor = 0, end } = talk.demand ?? {}
  const range = rangeOf(context, beginning, mode)
  const common = { ...sidesOf(context, talk, beginning), mode }
  if (isContentTopic(beginning.rules)) return Session.open({ ...common, ...range })
  const last = talk.isRound === true ? Math.max(0, beginning.wall - freshUs) : range.end
  return Session.open({ ...common, floor: Math.max(floor, range.floor), end: end ?? last })
}

/** A session that a peer opened in this mode. */
export function answerSession(context: BeginContext, talk: Talk, beginning: Beginning, mode: SessionMode): Session {
  const random = Math.floor(context.random() * 2 ** 32)
  return Session.answer({ ...sidesOf(context, talk, beginning), ...rangeOf(context, beginning, mode), random })
}

function sidesOf(
  { holdings, refusals, isWaiting }: BeginContext,
  { peer }: Talk,
  { rules, now, schedule }: Beginning,
): Pick<SessionOptions, 'index' | 'topic' | 'isRefused'> {
  const { name, wireName } = rules
  const isOther = schedule.isOtherwise(peer, name, now)
  const isRefused = (_: number, id: Uint8Array): boolean =>
    isOther || refusals.has(name, id, peer, now) || isWaiting(rules, id, peer)
  return { index: holdings.of(name), topic: wireName, isRefused }
}

/**
 * Author times that we compare, in µs. What is beyond our clock would be refused as of the future: it is not missing yet, and
 * comes when its time has come. Keys of topics with content ids have no time: those are compared whole.
 */
function rangeOf(
  { backUs }: BeginContext,
  { rules, wall }: Beginning,
  mode: SessionMode,
): { readonly floor: number; readonly end: number } {
  if (isContentTopic(rules)) return { floor: 0, end: Number.MAX_SAFE_INTEGER }
  const end = wall + (mode === 'verify' ? -settledUs : futureMaxUs + 1)
  return { floor: backUs === 0 ? 0 : Math.max(0, wall - backUs), end: Math.max(0, end) }
}
