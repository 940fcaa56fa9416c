import { isBreach, shortPeer, toHex } from '@grapevine/protocol'
import type { ComparisonState, ComparisonView, LackView, PeerView, TimeRangeView } from '@grapevine/protocol'
import type { EndReason, SessionReport } from '@grapevine/protocol'
import { isoFromMicros } from '../control-view.ts'

type Lack = SessionReport['lackedByUs']

/** Why a session gave nothing to look at. */
const details: Readonly<Partial<Record<EndReason, string>>> = {
  'not-held': 'it does not keep this topic',
  busy: 'it was busy with other sessions',
  'unknown-version': 'it speaks another version of reconciliation',
  'peer-refused': 'it broke the session off',
  'other-definition': 'it goes by another definition of this topic',
}

/** What the end of a session says of a peer, if there is no report. */
export function stateOf(reason: EndReason): { readonly state: ComparisonState; readonly detail: string } {
  const state = reason === 'not-held' ? 'not-held' : reason === 'unknown-version' ? 'unsupported' : 'no-answer'
  return { state, detail: details[reason] ?? (isBreach(reason) ? 'it broke the protocol' : 'it broke off') }
}

/** A peer that answered. */
export function viewReport(peer: NamedPeer, report: SessionReport): ComparisonView {
  const { equal, complete, lackedByUs, lackedByPeer } = report
  const isWhole = complete && lackedByUs.missing + lackedByPeer.missing === 0
  return {
    ...viewName(peer),
    state: equal ? 'equal' : isWhole ? 'refused' : 'differs',
    count: report.peer.count,
    root: toHex(report.peer.sum),
    lackedHere: viewLack(lackedByUs),
    lackedThere: viewLack(lackedByPeer),
    complete,
  }
}

/** How a peer is named. */
export type NamedPeer = Pick<PeerView, 'peerId' | 'name'>

export const viewName = ({ peerId, name }: NamedPeer): Pick<ComparisonView, 'peerId' | 'short' | 'name'> => ({
  peerId,
  short: shortPeer(peerId),
  ...(name !== undefined && { name }),
})

export const viewLack = ({ missing, refused, spans }: Lack): LackView => ({
  missing,
  refused,
  // Keys of topics with content ids have no time.
  spans: spans
    .filter(({ to }) => to > 0)
    .map(({ from, to, count }) => ({ from: isoFromMicros(from), to: isoFromMicros(to), count })),
})

/** Author times in µs: 0 and 2^53 − 1 limit nothing. */
export const viewRange = (from: number, end: number): TimeRangeView => ({
  ...(from > 0 && { from: isoFromMicros(from) }),
  ...(end < Number.MAX_SAFE_INTEGER && { to: isoFromMicros(end) }),
})
