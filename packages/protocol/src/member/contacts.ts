import type { PeerId } from '../event.ts'
import { isGone, type MemberRow } from './member-row.ts'

/** Failed members that rounds are tried with, at most. */
const deadMax = 256

type Rows = ReadonlyMap<PeerId, MemberRow>

/** With whom rounds are held: those who can be talked to and are not gone, and those of `timed` that failed last; `failures`: how many. */
export function contactsOf(
  links: ReadonlySet<PeerId>,
  rows: Rows,
  timed: ReadonlySet<MemberRow>,
  failures: number,
): { readonly live: readonly PeerId[]; readonly dead: readonly PeerId[] } {
  const live = [...links].filter((peer) => !isGone(rows.get(peer)?.status))
  const failed = failures === 0 ? [] : [...timed].filter(({ status }) => status === 'failed')
  return { live, dead: failed.slice(-deadMax).map(({ peer }) => peer) }
}

/** Ids of those who can watch `self`: they can be talked to, are known, and are not gone. */
export const candidatesFor = (self: string, links: ReadonlySet<PeerId>, rows: Rows): string[] =>
  [...links].flatMap((peer) => {
    const row = rows.get(peer)
    return row !== undefined && row.id !== self && !isGone(row.status) ? [row.id] : []
  })
