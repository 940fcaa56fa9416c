import type { MemberView } from '@grapevine/protocol/control'
import { formatAge } from './duration.ts'
import { phiText, statusText } from './member-line.ts'
import { styled } from './output.ts'
import { safe } from './safe.ts'

/** All that is known of a member, for people. `now` in ms since 1970. */
export function memberScreen(member: MemberView, now: number): string {
  const { peerId, name, self, status, since, phi, epoch, incarnation, tags, addresses, version, topics } = member
  const ago = (time: string): string => `${formatAge(now - Date.parse(time))} ago`
  const more = member.topicCount > topics.length ? `, and ${member.topicCount - topics.length} more` : ''
  return [
    row('member', `${safe(peerId)}${name === undefined ? '' : ` (calls itself ${safe(name)})`}`),
    row(
      'status',
      `${statusText(status)}${self === true ? ', this node' : `, since ${ago(since).replace(/ ago$/, '')}`}`,
    ),
    ...(self === true ? [] : [row('heard', `${ago(member.heard)}${member.connected ? ', connected' : ''}`)]),
    ...(phi === undefined ? [] : [row('phi', `${phiText(phi)}, watched by this node`)]),
    row('life', `epoch ${epoch}, incarnation ${incarnation}`),
    ...Object.entries(tags).map(([key, value]) => row('tag', safe(`${key}=${value}`))),
    ...addresses.map((address) => row('address', safe(address))),
    row('topics', (topics.map(safe).join(', ') || 'none') + more),
    ...(version === undefined ? [] : [row('version', safe(version))]),
  ].join('\n')
}

const row = (label: string, text: string): string => `${styled('bold', label.padEnd(9))}${text}`
