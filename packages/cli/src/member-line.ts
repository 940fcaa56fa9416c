import type { MemberChangeView, MemberView } from '@grapevine/protocol/control'
import { mainAddress } from './address.ts'
import { formatAge } from './duration.ts'
import { styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Members as aligned lines: short id, name, status, since when, suspicion, tags, address, version. `now` in ms since 1970. */
export function memberLines(members: readonly MemberView[], now: number): string[] {
  return table(
    members.map((member) => [
      member.short,
      safe(member.name ?? ''),
      statusText(member.status),
      member.self === true ? 'this node' : formatAge(now - Date.parse(member.since)),
      member.phi === undefined ? '' : `phi ${phiText(member.phi)}`,
      tagText(member.tags),
      safe(mainAddress(member.addresses) ?? '-'),
      safe(member.version ?? ''),
    ]),
  )
}

/** `12:00:03 …Qm7xKd (laptop) alive → suspect`. */
export function memberChangeLine({ short, name, status, before, since }: MemberChangeView): string {
  const called = name === undefined ? '' : ` (${safe(name)})`
  const from = before === undefined ? '' : `${before} → `
  return `${new Date(since).toTimeString().slice(0, 8)} ${short}${called} ${from}${statusText(status)}`
}

/** A status in its colour. */
export function statusText(status: MemberView['status']): string {
  const colour = ({ alive: 'green', suspect: 'yellow', failed: 'red', left: 'dim' } as const)[status]
  return styled(colour, status)
}

/** Two decimals tell nothing beyond some hundred. */
export const phiText = (phi: number): string => (phi > 99 ? '>99' : phi.toFixed(1))

/** `role=relay zone=east`. */
const tagText = (tags: MemberView['tags']): string =>
  Object.entries(tags)
    .map(([key, value]) => safe(`${key}=${value}`))
    .join(' ')
