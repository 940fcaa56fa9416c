import type { PeerDetailView } from '@grapevine/protocol/control'
import { hostPort } from './address.ts'
import { formatAge } from './duration.ts'
import { plural, styled } from './output.ts'
import { connectionAge, waitingReason } from './peer-line.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

const origins = {
  bootstrap: 'named by a ticket: dialled for ever',
  added: 'added by hand: dialled for ever',
  learned: 'met before: dialled while few peers are connected',
} as const

/** All that is known of a peer, for people. `now` in ms since 1970. */
export function peerScreen(peer: PeerDetailView, now: number): string {
  const { peerId, name, state, origin, agent, seen, score, topics, connections, known, protocols } = peer
  const why = state === 'connected' ? '' : `, ${waitingReason(peer, now)}`
  return [
    row('peer', `${safe(peerId)}${name === undefined ? '' : ` (calls itself ${safe(name)})`}`),
    row('state', `${state}${why}`),
    ...(origin === undefined ? [] : [row('known', origins[origin])]),
    ...(seen === undefined || state === 'connected' ? [] : [row('seen', `${formatAge(now - Date.parse(seen))} ago`)]),
    ...connections.map((one) =>
      row('link', `${safe(hostPort(one.address))}, ${connectionAge(one, now)}, ${plural(one.streams, 'stream')}`),
    ),
    ...(state === 'connected'
      ? [row('topics', topics.map(safe).join(', ') || 'none'), row('score', (score ?? 0).toFixed(2))]
      : []),
    ...(peer.problem === undefined ? [] : [row('problem', styled('yellow', `it ${safe(peer.problem)}`))]),
    ...(peer.hint === undefined ? [] : [row('', safe(peer.hint))]),
    ...table(known.map((one) => [safe(one.address), dials(one, now)])).map((line) => row('address', line)),
    ...(agent === undefined ? [] : [row('software', safe(agent))]),
    ...(protocols.length === 0 ? [] : [row('speaks', protocols.map(safe).join(' '))]),
  ].join('\n')
}

const row = (label: string, text: string): string => `${styled('bold', label.padEnd(9))}${text}`

function dials({ failures, lastOk, lastError }: PeerDetailView['known'][number], now: number): string {
  const worked = lastOk === undefined ? 'never dialled' : `worked ${formatAge(now - Date.parse(lastOk))} ago`
  if (failures === 0) return worked
  return `${plural(failures, 'failure')}: ${safe(lastError ?? '-')}${lastOk === undefined ? '' : `, ${worked}`}`
}
