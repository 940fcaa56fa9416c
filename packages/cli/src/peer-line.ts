import type { PeerView } from '@grapevine/protocol/control'
import { hostPort } from './address.ts'
import { formatAge } from './duration.ts'
import { styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Peers as aligned lines: short id, name, state, since when or why not, address, topics, software, what is wrong with it. `now` in ms since 1970. */
export function peerLines(peers: readonly PeerView[], now: number): string[] {
  return table(
    peers.map((peer) => [
      peer.short,
      safe(peer.name ?? ''),
      peer.state,
      peer.state === 'connected' ? connectionAge(peer, now) : waitingReason(peer, now),
      safe(hostPort(peer.addresses[0] ?? '-')),
      peer.topics.map(safe).join(', '),
      safe(peer.agent ?? ''),
      peer.problem === undefined ? '' : styled('yellow', `it ${safe(peer.problem)}`),
    ]),
  )
}

/** `…Qm7xKd (laptop) at 192.168.1.5:4100`. */
export function connectionLine({ short, name, addresses }: PeerView): string {
  const called = name === undefined ? '' : ` (${safe(name)})`
  return `${short}${called} at ${safe(hostPort(addresses[0] ?? '-'))}`
}

/** Which side dialled, and how long ago: `in, 3 m 20 s`. */
export function connectionAge({ direction, since }: Pick<PeerView, 'direction' | 'since'>, now: number): string {
  const way = direction === 'inbound' ? 'in' : 'out'
  return since === undefined ? way : `${way}, ${formatAge(now - Date.parse(since))}`
}

/** Why a peer is not connected, and when it is dialled next: `refused, next in 4 s`. */
export function waitingReason({ state, lastError, nextDial }: PeerView, now: number): string {
  const why = state === 'paused' ? 'disconnected by hand' : safe(lastError ?? '-')
  return nextDial === undefined ? why : `${why}, next in ${formatAge(Date.parse(nextDial) - now)}`
}
