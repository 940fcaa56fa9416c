import type { Millis } from './event.ts'
import type { Arrival, IncomingContext, Pending } from './incoming-context.ts'
import type { Decision } from './verdict.ts'

/**
 * Tells what was decided: gossip, or who fetched it. What they were told to wait for is told as settled, once it `waits` no
 * more.
 */
export function close(
  context: IncomingContext,
  arrival: Arrival,
  decision: Decision,
  waits: boolean,
  now: Millis,
): void {
  const { topic, from, gossipId, entry, fetched, isTold = false } = arrival
  const { journal, emit, onIngested } = context
  journal.note(entry, { at: now, what: 'verdict', ...decision })
  arrival.isTold = true
  if (isTold) return waits ? undefined : settle(context, arrival, decision)
  if (fetched === undefined) return emit({ type: 'verdict', topic, gossipId, from, decision })
  emit({ type: 'ingested', ref: fetched, from, decision })
  onIngested(fetched, decision, now)
}

function settle({ emit }: IncomingContext, arrival: Arrival & Partial<Pending>, decision: Decision): void {
  const { topic, from, gossipId, fetched, bytes, isForwarded, rules } = arrival
  // What gossip signed cannot be passed on from what is kept here: its signature is not.
  const isLive = fetched === undefined && isForwarded !== true && rules?.format !== 'signed'
  const via = fetched === undefined ? 'live' : 'history'
  const rest = isLive && decision.verdict === 'accept' && bytes ? { bytes } : {}
  emit({ type: 'settled', topic, gossipId, from, decision, via, ...rest })
}
