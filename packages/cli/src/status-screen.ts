import type { StatusView } from '@grapevine/protocol/control'
import { hostPort } from './address.ts'
import { formatAge } from './duration.ts'
import { plural, styled } from './output.ts'
import { peerLines } from './peer-line.ts'
import { safe } from './safe.ts'
import { formatSize } from './size.ts'
import { topicLines } from './topic-line.ts'

/** Peers and topics shown before the rest is only counted, so that the whole fits on a screen. */
const rowsMax = 10

/** A node at a glance. `now` in ms since 1970. */
export function statusScreen(status: StatusView, now: number): string {
  const { counters, network } = status
  const connected = status.peers.filter((peer) => peer.state === 'connected')
  const others = status.peers.length - connected.length
  const name = status.name === undefined ? '' : ` (${safe(status.name)})`
  const memory = Math.round(counters.memory / 1_048_576)
  return [
    row('node', `${status.short}${name}, up ${formatAge(now - Date.parse(status.started))}`),
    row('', `process ${status.pid}, ${memory} MiB, version ${safe(status.version)}, ${status.home}`),
    row('network', networkText(network)),
    row('address', status.addresses.map((address) => safe(hostPort(address))).join(', ') || 'none'),
    row('peers', `${connected.length} connected${others > 0 ? `, ${others} not` : ''}`),
    ...indented(peerLines(connected, now)),
    ...(status.cluster === undefined ? [] : [row('members', counts(status.cluster.members))]),
    row('topics', status.topics.length === 0 ? 'none' : String(status.topics.length)),
    ...indented(topicLines(status.topics)),
    row('messages', `${counters.published} published, ${counters.delivered} delivered, ${counters.copies} copies`),
    ...bodyRows(counters.bodies),
    row('verdicts', counts(counters.verdicts) || 'none'),
    ...refusals(counters.reasons),
    ...(status.recording === undefined ? [] : [row('recorded', recordingText(status.recording))]),
    ...(status.evidence === 0 ? [] : [row('evidence', `${status.evidence} that an author signed two messages as one`)]),
  ].join('\n')
}

const networkText = ({ name, private: isPrivate, dialect }: StatusView['network']): string =>
  `${safe(name)}, ${isPrivate ? 'private' : 'public'}${dialect === 'grapevine' ? '' : `, dialect ${dialect}`}`

const recordingEnds = {
  on: '',
  stopped: ', ended with the node',
  full: ', ended: the file is full',
  slow: ', ended: the disk is too slow',
  disk: ', ended: the disk cannot be written',
} as const

const recordingText = ({ file, bytes, bytesMax, events, state }: NonNullable<StatusView['recording']>): string =>
  `${safe(file)}, ${plural(events, 'event')}, ${formatSize(bytes)} of ${formatSize(bytesMax)}${recordingEnds[state]}`

const row = (label: string, text: string): string => `${styled('bold', label.padEnd(9))}${text}`

function indented(lines: readonly string[]): string[] {
  const shown = lines.slice(0, rowsMax).map((line) => `  ${line}`)
  return lines.length > rowsMax ? [...shown, `  and ${lines.length - rowsMax} more`] : shown
}

const counts = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

/** Bodies, where any came, went or are waited for. */
function bodyRows(bodies: StatusView['counters']['bodies']): string[] {
  if (
    bodies === undefined ||
    bodies.waiting + bodies.fetchedBytes + bodies.servedBytes + bodies.late + bodies.wrong === 0
  )
    return []
  const { waiting, fetchedBytes, servedBytes, late, wrong } = bodies
  const faults = [
    ...(late === 0 ? [] : [plural(late, 'request') + ' timed out']),
    ...(wrong === 0 ? [] : [`${wrong} wrong`]),
  ]
  const parts = [
    `${formatSize(fetchedBytes)} fetched`,
    `${formatSize(servedBytes)} given`,
    `${waiting} waited for`,
    ...faults,
  ]
  return [row('bodies', parts.join(', '))]
}

function refusals(reasons: StatusView['counters']['reasons']): string[] {
  const { valid: _, ...rest } = reasons
  const text = counts(rest)
  return text === '' ? [] : [row('', `because: ${text}`)]
}
