import { shortPeer } from '@grapevine/protocol'
import { formatAge, formatElapsed } from './duration.ts'
import { plural, styled } from './output.ts'
import type { ReplayView } from './replay.ts'
import { safe } from './safe.ts'
import { version } from './version.ts'

const ends: Readonly<Record<string, string>> = {
  stopped: 'the node stopped',
  full: 'the file was full; the node went on',
  slow: 'the disk was too slow; the node went on',
  disk: 'the disk could not be written; the node went on',
}

/** What a replay came to. */
export function replayScreen({ lives, counts, equal, elapsedMs, ...rest }: ReplayView): string {
  const [first] = lives
  const versions = [...new Set(lives.map((life) => safe(life.version)))].join(', ')
  const { events, spanMs, published, delivered, verdicts, reasons } = counts
  const total = events.machine + events.cluster
  const { valid: _, ...others } = reasons
  return [
    row('node', first === undefined ? 'none' : whose(first)),
    ...(lives.length > 1 ? [row('lives', String(lives.length))] : []),
    ...(first === undefined
      ? []
      : [row('version', versions === version ? versions : `${versions}, played by ${version}`)]),
    row('events', `${total} (${events.machine} of messages, ${events.cluster} of members and state)`),
    row('time', `${formatSpan(spanMs)}, played in ${formatElapsed(elapsedMs)}${speed(spanMs, elapsedMs)}`),
    row('actions', outcome(equal, counts.actions, first?.hasActions === true)),
    row('messages', `${published} published, ${delivered} delivered`),
    row('verdicts', list(verdicts) || 'none'),
    ...(list(others) === '' ? [] : [row('', `because: ${list(others)}`)]),
    row('end', endOf(rest)),
    ...(rest.threw === undefined
      ? []
      : [row('fault', styled('red', `the node threw, and so does the replay: ${safe(rest.threw)}`))]),
  ].join('\n')
}

const row = (label: string, text: string): string => `${styled('bold', label.padEnd(10))}${text}`

const whose = ({ name, peerId, network }: ReplayView['lives'][number]): string =>
  `${safe(shortPeer(peerId))}${name === undefined ? '' : ` (${safe(name)})`}, network ${safe(network)}`

const formatSpan = (ms: number): string => (ms < 60_000 ? formatElapsed(ms) : formatAge(ms))

const speed = (spanMs: number, elapsedMs: number): string =>
  elapsedMs > 0 && spanMs > elapsedMs ? `, ${Math.round(spanMs / elapsedMs)} times as fast` : ''

function outcome(equal: boolean, actions: number, hasActions: boolean): string {
  const how = hasActions ? 'byte for byte' : 'by their digests'
  return equal
    ? styled('green', `${plural(actions, 'action')}, all equal ${how}`)
    : styled('red', 'another way: see below')
}

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${safe(name)}`)
    .join(', ')

function endOf({ end, fault, unreadBytes }: Pick<ReplayView, 'end' | 'fault' | 'unreadBytes'>): string {
  if (fault !== undefined) {
    const what = fault === 'torn' ? 'its end is torn' : 'it is damaged'
    return styled('yellow', `${what}: ${plural(unreadBytes, 'byte')} could not be read`)
  }
  return end === undefined ? 'open: the node runs, was killed, or more was not played' : (ends[end] ?? safe(end))
}
