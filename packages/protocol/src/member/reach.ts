import type { Millis, PeerId } from '../event.ts'
import { isGone, type MemberRow } from './member-row.ts'

/** How much later reach is looked at anew for each member, and at most, in ms. It costs some 0.5 µs for each. */
const rest = { ofMemberMs: 4, maxMs: 5_000 } as const

/** Whom reach is found among. */
export interface ReachOptions {
  readonly selfId: string
  readonly rows: ReadonlyMap<string, MemberRow>
  readonly byPeer: ReadonlyMap<PeerId, MemberRow>
}

/**
 * Whose word on others can be news to us: those that we are connected to, those that they watch without accusing them, those
 * that watch them, and so on. Who is beyond a partition is none of them, however well the members there speak of each other.
 */
export class Reach {
  readonly #options: ReachOptions
  readonly #beatMs: Millis
  #links: ReadonlySet<PeerId> = new Set()
  #isAlone = false
  #reached: ReadonlySet<string>
  #isStale = true
  #nextAt: Millis = -Infinity

  /** `beatMs`: how often it is looked at anew at most, with few members. */
  constructor(options: ReachOptions, beatMs: Millis) {
    this.#options = options
    this.#beatMs = beatMs
    this.#reached = new Set([options.selfId])
  }

  /** Whom we are connected to. */
  get links(): ReadonlySet<PeerId> {
    return this.#links
  }

  /** Nobody can be heard, as far as we have been told. */
  get isAlone(): boolean {
    return this.#isAlone
  }

  has(id: string): boolean {
    return this.#reached.has(id)
  }

  /** Returns whether we are alone now and were not, or the other way round. */
  linked(peers: Iterable<PeerId>): boolean {
    const before = this.#isAlone
    this.#links = new Set(peers)
    this.#isAlone = this.#links.size === 0
    this.#isStale = true
    return before !== this.#isAlone
  }

  /** A watcher, an accusation or who is gone is another than it was. */
  stale(): void {
    this.#isStale = true
  }

  /** Looks anew if it is time. Returns whom others watch that are reached and were not, or no longer are; mostly nobody. */
  turn(now: Millis): readonly MemberRow[] {
    if (!this.#isStale || now < this.#nextAt) return []
    const rows = [...this.#options.rows.values()]
    this.#isStale = false
    this.#nextAt = now + Math.max(this.#beatMs, Math.min(rest.maxMs, rows.length * rest.ofMemberMs))
    const before = this.#reached
    this.#reached = this.#find()
    if (isSame(before, this.#reached)) return []
    return rows.filter(({ watchers }) => watchers.some((id) => before.has(id) !== this.#reached.has(id)))
  }

  #find(): Set<string> {
    const { selfId, rows, byPeer } = this.#options
    const accused = accusedBy(rows.get(selfId))
    const reached = new Set([selfId])
    for (const peer of this.#links) {
      const id = byPeer.get(peer)?.id
      if (id !== undefined && !accused.has(id)) reached.add(id)
    }
    const watched = new Map<string, string[]>()
    for (const { id, watchers } of rows.values()) {
      for (const watcher of watchers) {
        const list = watched.get(watcher)
        if (list === undefined) watched.set(watcher, [id])
        else list.push(id)
      }
    }
    // A set is walked in the order in which it grows.
    for (const id of reached) {
      const row = rows.get(id)
      if (id === selfId || row === undefined || isGone(row.status)) continue
      for (const watcher of row.watchers) reached.add(watcher)
      const silent = accusedBy(row)
      for (const other of watched.get(id) ?? []) if (!silent.has(other)) reached.add(other)
    }
    return reached
  }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false
  for (const id of a) if (!b.has(id)) return false
  return true
}

const nobody: ReadonlySet<string> = new Set()
const accusedBy = (row: MemberRow | undefined): ReadonlySet<string> =>
  row === undefined || row.accusations.length === 0 ? nobody : new Set(row.accusations.map(({ id }) => id))
