import type { Millis, PeerId } from '../event.ts'
import type { Member } from './member-event.ts'
import type { MemberOptions } from './options.ts'
import type { Accusation } from './record.ts'

/** How a member is. `suspect`: one of its watchers, or most of them for a short time, hear nothing of it. */
export type MemberStatus = 'alive' | 'suspect' | 'failed' | 'left'

/** A member, as this node knows it. */
export interface MemberRow {
  readonly id: string
  readonly owner: Uint8Array
  readonly peer: PeerId
  epoch: number
  incarnation: number
  isLeft: boolean
  watchers: readonly string[]
  /** Whom it accuses; that counts for those who have chosen it only. */
  accusations: readonly Accusation[]
  /** When it last said something, or something of it came directly. */
  heardAt: Millis
  /** Since when most of its watchers accuse it, or none of them is alive. */
  sinceAt: Millis | undefined
  /** Since when any of them accuses it. */
  accusedAt: Millis | undefined
  status: MemberStatus
  statusAt: Millis
  /** How many accused it when it failed. */
  failedBy: number
}

/** Whether it is not to be counted on: failed or left. */
export const isGone = (status: MemberStatus | undefined): boolean => status === 'failed' || status === 'left'

/** Of nearly all rows, and there are many. */
export const none: readonly never[] = []

/** A member of which nothing is known but that it is there. */
export function newRow({
  id,
  owner,
  peer,
  now,
}: Pick<MemberRow, 'id' | 'owner' | 'peer'> & { readonly now: Millis }): MemberRow {
  return {
    id,
    owner,
    peer,
    epoch: 0,
    incarnation: 0,
    isLeft: false,
    watchers: none,
    accusations: none,
    heardAt: now,
    sinceAt: undefined,
    accusedAt: undefined,
    status: 'alive',
    statusAt: now,
    failedBy: 0,
  }
}

/** True for a later life of a member: what it said in an earlier one is nothing to this one. */
export function beginLife(row: MemberRow, epoch: number): boolean {
  if (epoch <= row.epoch) return false
  row.epoch = epoch
  row.incarnation = 0
  row.isLeft = false
  row.watchers = none
  return true
}

/** A member is another than it was; so many accused it. */
export function turn(row: MemberRow, status: MemberStatus, now: Millis, failedBy: number): void {
  row.status = status
  row.statusAt = now
  row.failedBy = failedBy
}

/** A member as others may see it. */
export function memberOf(row: MemberRow, phi: number | undefined): Member {
  const { peer, owner, epoch, incarnation, status, statusAt, heardAt } = row
  return { peer, owner, epoch, incarnation, status, statusAt, heardAt, phi }
}

/** When the first of members that are all gone is to be forgotten; Infinity: there is none. */
export const nextForgotten = (gone: readonly MemberRow[], { forgetMs }: MemberOptions): Millis =>
  gone.reduce((next, { statusAt }) => Math.min(next, statusAt + forgetMs + 1), Infinity)

/** Time in which we were not there to hear anything of members: neither their silence, nor their time to refute. */
export function excuse(rows: Iterable<MemberRow>, ms: Millis, now: Millis): void {
  const later = (at: Millis): Millis => Math.min(now, at + ms)
  for (const row of rows) {
    row.heardAt = later(row.heardAt)
    if (row.sinceAt !== undefined) row.sinceAt = later(row.sinceAt)
    if (row.accusedAt !== undefined) row.accusedAt = later(row.accusedAt)
  }
}

/** What `judge` finds, and when to look again if nothing happens. */
export interface Judged {
  readonly status: MemberStatus
  readonly sinceAt: Millis | undefined
  readonly accusedAt: Millis | undefined
  /** Those of its watchers that are alive and accuse it, and how many it takes. */
  readonly accusing: readonly string[]
  readonly quorum: number
}

/** From where a member is judged. */
export interface MemberView {
  readonly rows: ReadonlyMap<string, MemberRow>
  readonly options: MemberOptions
  /** Whose word on others can be news to us, and whether anybody is heard at all. */
  readonly reach: { readonly isAlone: boolean; has(id: string): boolean }
  readonly now: Millis
}

/**
 * How a member is, by what its own watchers say. Those watchers count that have not failed themselves, and
 * are not beyond a partition, where members vouch for each other that nobody here hears. If most of them accuse it, it has a
 * short time to refute. If fewer do, or if none is left, it depends on whether anything is heard of it. The same goes for all
 * while we hear nobody.
 */
export function judge(row: MemberRow, { rows, options, reach, now }: MemberView): Judged {
  if (row.isLeft) return { accusing: none, quorum: 0, sinceAt: undefined, accusedAt: undefined, status: 'left' }
  let living = 0
  let accusing: string[] | typeof none = none
  for (const id of row.watchers) {
    const watcher = rows.get(id)
    if (watcher === undefined || isGone(watcher.status) || !reach.has(id)) continue
    living++
    if (watcher.accusations.some((accusation) => isMeant(accusation, row))) accusing = [...accusing, id]
  }
  const quorum = Math.floor(living / 2) + 1
  const isQuiet = (since: Millis): boolean => now - Math.max(since, row.heardAt) >= options.unwatchedMs
  // It stays so until something is heard of it, or accusations are taken back: not because one comes back that vouches for it,
  // or two on the other side of a partition would bring back each other for ever.
  const isStuck = row.status === 'failed' && row.heardAt <= row.statusAt
  if (isStuck && (living === 0 || accusing.length >= Math.max(1, row.failedBy))) {
    return { accusing, quorum, sinceAt: row.sinceAt, accusedAt: row.accusedAt, status: 'failed' }
  }
  if (living === 0 || reach.isAlone) {
    const sinceAt = row.sinceAt ?? now
    const status = isQuiet(sinceAt) ? 'failed' : 'alive'
    return { accusing: none, quorum: 0, sinceAt, accusedAt: row.accusedAt, status }
  }
  if (accusing.length === 0)
    return { accusing: none, quorum, sinceAt: undefined, accusedAt: undefined, status: 'alive' }
  const accusedAt = row.accusedAt ?? now
  const said = { accusing, quorum, accusedAt }
  if (accusing.length < quorum)
    return { ...said, sinceAt: undefined, status: isQuiet(accusedAt) ? 'failed' : 'suspect' }
  const sinceAt = row.sinceAt ?? now
  return { ...said, sinceAt, status: now - sinceAt < options.suspicionMs ? 'suspect' : 'failed' }
}

const isMeant = ({ id, epoch, incarnation }: Accusation, row: MemberRow): boolean =>
  id === row.id && epoch === row.epoch && incarnation >= row.incarnation
