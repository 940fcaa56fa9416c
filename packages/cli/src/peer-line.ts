import type { PeerView } from '@grapevine/protocol/control'
import { hostPort } from './address.ts'
import { formatAge } from './duration.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Peers as aligned lines: short id, state, since when or why not, address, topics, software. `now` in ms since 1970. */
export function peerLines(peers: readonly PeerView[], now: number): string[] {
  return table(
    peers.map((peer) => [
      peer.short,
      peer.state,
      peer.state === 'connected' ? connection(peer, now) : waiting(peer, now),
      safe(hostPort(peer.addresses[0] ?? '-')),
      peer.topics.map(safe).join(', '),
      safe(peer.agent ?? ''),
    ]),
  )
}

function connection({ direction, since }: PeerView, now: number): string {
  const way = direction === 'inbound' ? 'in' : 'out'
  return since === undefined ? way : `${way}, ${formatAge(now - Date.parse(since))}`
}

function waiting({ lastError, nextDial }: PeerView, now: number): string {
  const why = safe(lastError ?? '-')
  return nextDial === undefined ? why : `${why}, next in ${formatAge(Date.parse(nextDial) - now)}`
}
