import { argumentError } from '../error.ts'
import type { Millis, PeerId } from '../event.ts'
import { encodeStateFrame } from '../state/frame-encode.ts'
import { ownerIdOf } from '../state/owner-state.ts'
import { candidatesFor, contactsOf } from './contacts.ts'
import { LocalHealth } from './local-health.ts'
import type { Member, MemberAction, MemberEvent } from './member-event.ts'
import { beginLife, excuse, isGone, judge, memberOf, newRow, nextForgotten, none, turn } from './member-row.ts'
import type { MemberRow, MemberView } from './member-row.ts'
import { type MemberOptions, memberOptions } from './options.ts'
import { OwnMember } from './own-member.ts'
import { Reach } from './reach.ts'
import { accusedKey, decodeAccusations, decodeSelf, encodeAccusations, selfKey } from './record.ts'
import { Subjects } from './subjects.ts'

/** What came directly from a member within so many ms, and was no dream, outweighs what others say. */
const directMs = 1500

/**
 * Who is there: each node chooses few others to watch it, sends them beats, and is failed if most of those that are alive
 * hear nothing and it does not refute (docs/state.md). Does no I/O and reads no clock. Total on what peers say.
 */
export class Membership {
  readonly #selfId: string
  readonly #epoch: number
  readonly #options: MemberOptions
  readonly #health = new LocalHealth()
  readonly #own: OwnMember
  readonly #subjects: Subjects
  readonly #rows = new Map<string, MemberRow>()
  readonly #byPeer = new Map<PeerId, MemberRow>()
  readonly #dirty = new Set<MemberRow>()
  readonly #timed = new Set<MemberRow>()
  readonly #direct = new Map<string, Millis>()
  readonly #reach: Reach
  #beats = 0
  /** Members that have failed. */
  #failures = 0
  /** Infinity: nobody is there, and there is nothing to look at. */
  #nextAt: Millis
  #areContactsStale = false
  #actions: MemberAction[] = []
  #now: Millis

  /** `owner`: our key, 32 bytes; `epoch`: this life. Throws `argument` for a key of another length. */
  constructor({
    owner,
    epoch,
    now,
    ...options
  }: { owner: Uint8Array; epoch: number; now: Millis } & Partial<MemberOptions>) {
    if (owner.length !== 32) throw argumentError('owner', '32 bytes', `${owner.length} bytes`)
    this.#selfId = ownerIdOf(owner)
    this.#epoch = epoch
    this.#options = { ...memberOptions, ...options }
    this.#own = new OwnMember(this.#selfId, this.#options.watchersMax)
    this.#subjects = new Subjects(this.#options, this.#health)
    this.#reach = new Reach({ selfId: this.#selfId, rows: this.#rows, byPeer: this.#byPeer }, this.#options.beatMs)
    this.#now = now
    this.#nextAt = now
  }

  /** When the host must next deliver `tick`; undefined: not before something else happens. */
  get nextWakeup(): Millis | undefined {
    return this.#nextAt === Infinity ? undefined : this.#nextAt
  }

  /** Takes what happened, at a time that never goes back. */
  handle(event: MemberEvent, now: Millis): readonly MemberAction[] {
    this.#now = now
    this.#actions = []
    const lateMs = now - this.#nextAt
    if (lateMs > this.#options.lateMs) {
      // Whoever was silent meanwhile: we could not have heard it.
      this.#health.note(2)
      this.#subjects.excuse(lateMs, now)
      excuse(this.#rows.values(), lateMs, now)
      this.#nextAt = now
    }
    this.#handle(event, now)
    this.#settle(now)
    this.#rest(now)
    return this.#actions
  }

  /** All members of which something is known, ourselves included, in no order. */
  *members(): IterableIterator<Member> {
    for (const row of this.#rows.values()) yield memberOf(row, this.#subjects.phi(row.id, this.#now))
  }

  /** One of them; undefined if nothing is known of it. */
  member(peer: PeerId): Member | undefined {
    const row = this.#byPeer.get(peer)
    return row === undefined ? undefined : memberOf(row, this.#subjects.phi(row.id, this.#now))
  }

  /** For status: how far we trust ourselves (0: fully, to 8), and how many watch us and are watched by us. */
  get health(): { readonly score: number; readonly watchers: number; readonly subjects: number } {
    return { score: this.#health.score, watchers: this.#own.watchers.length, subjects: this.#subjects.size }
  }

  #handle(event: MemberEvent, now: Millis): void {
    switch (event.type) {
      case 'tick':
        return this.#tick(now)
      case 'links':
        if (this.#reach.linked(event.peers)) for (const row of this.#rows.values()) this.#dirty.add(row)
        this.#areContactsStale = true
        return this.#appoint()
      case 'changed':
        return this.#changed(event, now)
      case 'beat':
        return this.#beat(event.peer, event.epoch, now)
      case 'exchanged':
        if (event.isAnswered) this.#hear(this.#byPeer.get(event.peer), now)
        // An exchange with a node that is gone says nothing of us.
        if (event.isAnswered || this.#byPeer.get(event.peer)?.status === 'alive')
          this.#health.note(event.isAnswered ? -1 : 1)
        return
      case 'leave':
        this.#own.leave()
        return this.#writeSelf(now)
      case 'forget':
        break
    }
    const row = this.#rows.get(ownerIdOf(event.owner))
    if (row !== undefined && row.id !== this.#selfId) this.#forget(row)
  }

  #tick(now: Millis): void {
    const { beatMs, forgetMs } = this.#options
    if (now >= this.#nextAt) {
      this.#nextAt = now + beatMs
      this.#sendBeats()
      if (this.#subjects.look(now)) this.#writeAccusations()
      for (const row of this.#reach.turn(now)) this.#dirty.add(row)
      for (const row of this.#timed) {
        if (isGone(row.status) && now - row.statusAt > forgetMs) this.#forget(row)
        else this.#dirty.add(row)
      }
    }
    this.#writeSelf(now)
  }

  #sendBeats(): void {
    if (this.#own.isLeft || this.#own.watchers.length === 0) return
    const peers = this.#own.watchers.flatMap((id) => this.#rows.get(id)?.peer ?? [])
    const bytes = encodeStateFrame({ type: 'beat', epoch: this.#epoch, count: ++this.#beats })
    this.#actions.push({ type: 'send', peers, bytes })
  }

  #beat(peer: PeerId, epoch: number, now: Millis): void {
    const row = this.#byPeer.get(peer)
    if (row === undefined || row.epoch !== epoch) return
    this.#hear(row, now)
    if (this.#subjects.beat(row.id, epoch, now)) this.#writeAccusations()
  }

  #hear(row: MemberRow | undefined, now: Millis): void {
    if (row === undefined) return
    row.heardAt = now
    if (row.status !== 'alive') {
      this.#direct.set(row.id, now)
      this.#dirty.add(row)
    }
  }

  #changed({ owner, peer, epoch, changes }: MemberEvent & { type: 'changed' }, now: Millis): void {
    const id = ownerIdOf(owner)
    const row = this.#rows.get(id) ?? this.#add(id, owner, peer, now)
    if (beginLife(row, epoch)) this.#subjects.release(id)
    row.heardAt = now
    for (const { key, value } of changes) {
      if (key === selfKey) this.#described(row, value, now)
      else if (key === accusedKey) this.#accused(row, value)
    }
    this.#dirty.add(row)
  }

  /** A member says something new of itself. */
  #described(row: MemberRow, value: Uint8Array | undefined, now: Millis): void {
    const record = value === undefined ? undefined : decodeSelf(value)
    row.incarnation = record?.incarnation ?? 0
    row.isLeft = record?.isLeft ?? false
    // One string for all that name it: each of thousands of members names several of them.
    row.watchers = record?.watchers.map((id) => this.#rows.get(id)?.id ?? id) ?? none
    this.#reach.stale()
    if (row.watchers.includes(this.#selfId) && !row.isLeft) this.#subjects.watch(row, now)
    else if (this.#subjects.release(row.id)) this.#writeAccusations()
  }

  /** A member accuses these, and nobody else any more. */
  #accused(row: MemberRow, value: Uint8Array | undefined): void {
    const accusations = (value === undefined ? undefined : decodeAccusations(value)) ?? none
    for (const { id } of [...row.accusations, ...accusations]) {
      const other = this.#rows.get(id)
      if (other !== undefined) this.#dirty.add(other)
    }
    row.accusations = accusations.length === 0 ? none : accusations
    this.#reach.stale()
  }

  /** Judges who may have changed, until nothing changes any more: who fails counts as a watcher no more. */
  #settle(now: Millis): void {
    // Those that are left over have their turn at the next event.
    let left = 4 * this.#rows.size
    for (const row of this.#dirty) {
      if (left-- === 0) break
      this.#dirty.delete(row)
      if (row.id === this.#selfId) this.#refute(row, now)
      else this.#judge(row, now)
    }
    if (this.#areContactsStale) this.#tellContacts()
  }

  #rest(now: Millis): void {
    const others = this.#reach.isAlone ? [...this.#rows.values()].filter(({ id }) => id !== this.#selfId) : undefined
    const next = now + this.#options.beatMs
    if (others?.every(({ status }) => isGone(status)) === true) this.#nextAt = nextForgotten(others, this.#options)
    else if (this.#nextAt > next) this.#nextAt = next
  }

  #judge(row: MemberRow, now: Millis): void {
    const { status: judged, sinceAt, accusedAt, accusing } = judge(row, this.#view(now))
    const isDirect = judged === 'failed' && now - (this.#direct.get(row.id) ?? -Infinity) < directMs
    const status = isDirect ? 'suspect' : judged
    row.sinceAt = sinceAt
    row.accusedAt = accusedAt
    if (status !== 'alive' || sinceAt !== undefined) this.#timed.add(row)
    else if (this.#timed.delete(row)) this.#direct.delete(row.id)
    if (status === row.status) return
    const before = row.status
    turn(row, status, now, accusing.length)
    this.#failures += Number(status === 'failed') - Number(before === 'failed')
    this.#actions.push({ type: 'member', peer: row.peer, status, before })
    if (isGone(before) === isGone(status)) return
    this.#areContactsStale = true
    this.#reach.stale()
    for (const other of this.#rows.values()) if (other.watchers.includes(row.id)) this.#dirty.add(other)
    this.#appoint()
  }

  /** Watchers of ours say that we are silent, and we are not: most of them, or one that does not hear us. */
  #refute(row: MemberRow, now: Millis): void {
    const seen = { ...row, incarnation: this.#own.incarnation }
    const { accusing, quorum } = judge(seen, this.#view(now))
    if (accusing.length > 0) this.#timed.add(row)
    else this.#timed.delete(row)
    if (this.#own.accused(accusing, now)) this.#appoint()
    if (accusing.length === 0 || accusing.length < quorum) return
    this.#own.refute()
    this.#health.note(1)
  }

  #appoint(): void {
    this.#own.appoint(candidatesFor(this.#selfId, this.#reach.links, this.#byPeer))
  }

  #writeSelf(now: Millis): void {
    const value = this.#own.write(now)
    if (value !== undefined) this.#actions.push({ type: 'set', key: selfKey, value })
  }

  #writeAccusations(): void {
    this.#actions.push({ type: 'set', key: accusedKey, value: encodeAccusations(this.#subjects.accusations) })
  }

  #tellContacts(): void {
    this.#areContactsStale = false
    const contacts = contactsOf(this.#reach.links, this.#byPeer, this.#timed, this.#failures)
    this.#actions.push({ type: 'contacts', ...contacts })
  }

  #add(id: string, owner: Uint8Array, peer: PeerId, now: Millis): MemberRow {
    const row = newRow({ id, owner, peer, now })
    this.#rows.set(id, row)
    this.#byPeer.set(peer, row)
    if (id !== this.#selfId) {
      this.#actions.push({ type: 'member', peer, status: 'alive', before: undefined })
      if (this.#own.needsWatchers && this.#reach.links.has(peer)) this.#appoint()
    }
    return row
  }

  #forget(row: MemberRow): void {
    for (const set of [this.#dirty, this.#timed]) set.delete(row)
    this.#failures -= Number(row.status === 'failed')
    this.#rows.delete(row.id)
    this.#byPeer.delete(row.peer)
    this.#direct.delete(row.id)
    this.#subjects.release(row.id)
    this.#areContactsStale = true
    this.#actions.push({ type: 'forget', owner: row.owner })
  }

  #view(now: Millis): MemberView {
    return { rows: this.#rows, options: this.#options, reach: this.#reach, now }
  }
}
