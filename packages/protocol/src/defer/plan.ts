import { keyOf, toHex } from '../bytes.ts'
import type { Millis, PeerId, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import type { JournalEntry } from '../journal.ts'
import { seenKey } from '../seen-key.ts'
import { keySize } from '../store/record.ts'
import type { TopicRules } from '../topic.ts'
import { decide, type Decision } from '../verdict.ts'
import type { Ask } from './ask.ts'
import type { Parked } from './park.ts'

/** An envelope whose judgement can be put off. */
export interface Deferrable {
  readonly rules: TopicRules
  readonly from: PeerId
  readonly gossipId: string
  readonly entry: JournalEntry
  readonly fetched?: Ref
  readonly ids: readonly Uint8Array[]
  readonly keys: readonly Uint8Array[]
  readonly cost: number
  /** Since when, how often, and how often because our validator failed. */
  putOff?: { readonly since: Millis; tries: number; failures: number }
}

/** Judgements of one envelope, and of these those because our validator failed. */
const triesMax = 256
const failuresMax = 8
/** Without a time of the validator. */
const waitMsDefault = 1_000
const failurePauseMs = { first: 1_000, max: 30_000 }
/** When all that is waited for is here, and the validator still waits. */
const soonMs = { first: 50, max: 5_000 }
/** Times are rounded up to this, so that many that are due close together are one turn. */
const turnMs = 50

/** How an envelope waits. */
export interface Plan {
  readonly decision: Decision
  /** Ids by name. */
  readonly waits?: ReadonlyMap<string, Uint8Array>
  readonly dueAt: Millis
  readonly because: Parked<unknown>['because']
}

/** What a plan depends on beside the envelope. */
interface PlanFacts {
  readonly now: Millis
  readonly deferMsMax: Millis
  readonly sha256: Sha256
  /** Whether a message is accepted, by its seen key. */
  readonly isKnown: (key: Uint8Array) => boolean
}

/** How an envelope is to wait, or why it is given up; counts the attempt. */
export function planOf(item: Deferrable, ask: Ask, facts: PlanFacts): Plan | Decision {
  const { rules } = item
  const { ids, forMs, reason, failed } = ask
  const { now, deferMsMax, sha256, isKnown } = facts
  const history = item.putOff!
  if (++history.tries > triesMax) return decide('deferred-too-often', `${triesMax} times`)
  if (failed !== undefined) return failurePlan(item, ask, now)
  const said = reason === undefined ? '' : `: ${reason}`
  if (forMs !== undefined && forMs > deferMsMax) return decide('deferred-too-long', `${forMs} ms${said}`)
  if (ids.length === 0) {
    const ms = forMs ?? waitMsDefault
    return { decision: decide('deferred', `for ${ms} ms${said}`), dueAt: now + ms, because: 'time' }
  }
  const waits = new Map<string, Uint8Array>()
  for (const id of ids) {
    const key = seenKey(sha256, rules, id)
    if (!isKnown(key)) waits.set(nameOf(rules.name, key), id)
  }
  const shown = ids.slice(0, shownMax).map(shortOf).join(', ')
  const more = ids.length > shownMax ? ` and ${ids.length - shownMax} more` : ''
  const decision = decide('deferred', `waits for ${shown}${more}${said}`)
  // All of it is here: it came while the validator was at work, or the validator does not know what this node has.
  const soon = history.tries === 1 ? 0 : Math.min(soonMs.max, soonMs.first * 2 ** Math.min(history.tries, 10))
  return { decision, waits, dueAt: waits.size > 0 ? now + (forMs ?? Infinity) : now + soon, because: 'waits' }
}

/** Our validator failed: it is asked again after a pause that doubles, and not for ever. */
function failurePlan({ putOff }: Deferrable, { failed, reason }: Ask, now: Millis): Plan | Decision {
  const failures = ++putOff!.failures
  const why = failed === 'timeout' ? 'validator-timeout' : 'validator-failed'
  const said = reason ?? ''
  if (failures > failuresMax) return decide(why, `${failures} times${said === '' ? '' : `, ${said}`}`)
  return {
    decision: decide(why, reason),
    dueAt: now + Math.min(failurePauseMs.max, failurePauseMs.first * 2 ** (failures - 1)),
    because: 'failure',
  }
}

/** Why something is given up whose time is over. */
export function endOf({ because, waits }: Parked<Deferrable>, { putOff }: Deferrable): Decision {
  if (because === 'failure') return decide('validator-failed', `${putOff!.failures} times`)
  if (waits.size > 0) return decide('dependency-missing', `${waits.size} did not come`)
  return decide('deferred-too-long')
}

/** Ids shown in a detail, and how much of each. */
const shownMax = 4
/** An id as details show it. */
export const shortOf = (id: Uint8Array): string => toHex(id.subarray(0, 6))

/** A message by its topic and seen key. */
export const nameOf = (topic: string, key: Uint8Array): string => `${topic}/${keyOf(key.subarray(0, keySize))}`

/** A time at which the machine turns. */
export const roundUp = (at: Millis): Millis => Math.ceil(at / turnMs) * turnMs
