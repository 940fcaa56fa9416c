import type { Millis, PeerId } from '../event.ts'
import { type Mark, rangesMax } from './frame.ts'
import type { StateLimits } from './limits.ts'
import {
  compareHead,
  compareHeads,
  type Head,
  type HeadOrder,
  orderOf,
  ownerIdOf,
  type OwnerState,
} from './owner-state.ts'
import type { Entry } from './entry.ts'

/** A state of which the first entries have come, those up to `version`; not shown, and not passed on. */
export interface Staged {
  readonly head: Head
  readonly version: number
  readonly entries: readonly Entry[]
  readonly bytes: number
  /** Who gave all of it; undefined if several did. */
  readonly source: PeerId | undefined
}

/** An owner, and what is known of it. */
export interface OwnerRow {
  readonly id: string
  readonly owner: Uint8Array
  readonly peer: PeerId
  /** Who told us of it; undefined for ourselves and what was on disk. */
  readonly introducer: PeerId | undefined
  state: OwnerState | undefined
  staged: Staged | undefined
  /** What was given did not lead to the signed root: ask from the beginning. */
  isDoubtful: boolean
  /** When the state last changed. */
  changedAt: Millis
}

/** Owners that were forgotten, of which old copies may still come; the oldest are dropped. */
const forgottenMax = 1024
/** For so long old copies do not bring an owner back, in ms: by then others have forgotten it too. If it lives, it may come. */
const forgottenMs = 600_000
/** How long an owner may be known of which no whole state has come, in ms. */
const bareMs = 60_000
/** What an owner costs beside its entries. */
const rowBytes = 512

/** How an owner came to us. */
interface Arrival {
  readonly peer: PeerId
  readonly introducer: PeerId | undefined
  readonly now: Millis
}

/** All owners, by the start of their keys, with a fingerprint of each range, and who took how much room. */
export class OwnerTable {
  readonly #limits: StateLimits
  readonly #rows = new Map<string, OwnerRow>()
  /** In the order in which they came; few each. */
  readonly #ranges: (OwnerRow[] | undefined)[] = []
  /** Of each of the finest ranges, two words: sums of the starts of all roots, modulo 2^32. */
  readonly #sums = new Uint32Array(2 * rangesMax)
  readonly #owners = new Map<PeerId | undefined, number>()
  readonly #bytes = new Map<PeerId | undefined, number>()
  readonly #forgotten = new Map<string, { readonly order: HeadOrder; readonly until: Millis }>()
  /** Rows without a state. */
  readonly #bare = new Set<OwnerRow>()
  #bytesTotal = 0

  constructor(limits: StateLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#rows.size
  }

  get bytes(): number {
    return this.#bytesTotal
  }

  rows(): IterableIterator<OwnerRow> {
    return this.#rows.values()
  }

  row(owner: Uint8Array): OwnerRow | undefined {
    return this.#rows.get(ownerIdOf(owner))
  }

  /** By the owner's id, as in marks. */
  rowOf(id: string): OwnerRow | undefined {
    return this.#rows.get(id)
  }

  /** Adds an owner; undefined if there is no room for one that this peer tells of. */
  add(owner: Uint8Array, { peer, introducer, now }: Arrival): OwnerRow | undefined {
    const { ownersMax, shareOfPeerMax } = this.#limits
    const ofPeer = (this.#owners.get(introducer) ?? 0) + 1
    if (introducer !== undefined && (this.size >= ownersMax || ofPeer > ownersMax * shareOfPeerMax)) return undefined
    const id = ownerIdOf(owner)
    const row = { id, owner, peer, introducer, state: undefined, staged: undefined, isDoubtful: false, changedAt: now }
    this.#rows.set(id, row)
    this.#bare.add(row)
    this.#owners.set(introducer, ofPeer)
    this.#count(row, rowBytes)
    const range = rangeOf(owner)
    const others = this.#ranges[range]
    if (others === undefined) this.#ranges[range] = [row]
    else others.push(row)
    return row
  }

  /** Whether an owner may grow by so many bytes. */
  hasRoom(introducer: PeerId | undefined, bytes: number): boolean {
    if (introducer === undefined) return true
    const { bytesMax, shareOfPeerMax } = this.#limits
    const ofPeer = (this.#bytes.get(introducer) ?? 0) + bytes
    return this.#bytesTotal + bytes <= bytesMax && ofPeer <= bytesMax * shareOfPeerMax
  }

  /** Whether an owner was forgotten in this state or a later one. */
  isForgotten(head: Head, now: Millis): boolean {
    const forgotten = this.#forgotten.get(ownerIdOf(head.owner))
    return forgotten !== undefined && now < forgotten.until && compareHead(head, forgotten.order) <= 0
  }

  show(row: OwnerRow, state: OwnerState, now: Millis): void {
    if (row.state !== undefined) this.#sum(row, row.state.head, -1)
    this.#sum(row, state.head, 1)
    this.#count(row, state.bytes - (row.state?.bytes ?? 0))
    row.state = state
    this.#bare.delete(row)
    row.isDoubtful = false
    row.changedAt = now
    if (row.staged !== undefined && compareHeads(row.staged.head, state.head) <= 0) this.stage(row, undefined)
  }

  stage(row: OwnerRow, staged: Staged | undefined): void {
    this.#count(row, (staged?.bytes ?? 0) - (row.staged?.bytes ?? 0))
    row.staged = staged
  }

  forget(row: OwnerRow, now: Millis, ms: Millis = forgottenMs): void {
    if (row.state !== undefined) {
      this.#sum(row, row.state.head, -1)
      this.#forgotten.delete(row.id)
      this.#forgotten.set(row.id, { order: orderOf(row.state.head), until: now + ms })
      if (this.#forgotten.size > forgottenMax) this.#forgotten.delete(this.#forgotten.keys().next().value!)
    }
    this.#count(row, -(row.state?.bytes ?? 0) - (row.staged?.bytes ?? 0) - rowBytes)
    const owners = this.#owners.get(row.introducer)! - 1
    if (owners > 0) this.#owners.set(row.introducer, owners)
    else {
      this.#owners.delete(row.introducer)
      this.#bytes.delete(row.introducer)
    }
    this.#rows.delete(row.id)
    this.#bare.delete(row)
    const range = rangeOf(row.owner)
    const others = this.#ranges[range]!.filter((other) => other !== row)
    this.#ranges[range] = others.length === 0 ? undefined : others
  }

  /** Drops owners of which no whole state has come for a minute. */
  tidy(now: Millis): void {
    for (const row of this.#bare) if (now - row.changedAt > bareMs) this.forget(row, now)
  }

  /** Two words for each of `split` ranges. */
  fingerprints(split: number): Uint32Array {
    const words = new Uint32Array(2 * split)
    const finest = Math.log2(rangesMax / split)
    for (let index = 0; index < rangesMax; index++) {
      const at = 2 * (index >> finest)
      words[at]! += this.#sums[2 * index]!
      words[at + 1]! += this.#sums[2 * index + 1]!
    }
    return words
  }

  /** Owners of one of `split` ranges, in no order. */
  inRange(index: number, split: number): readonly OwnerRow[] {
    const finest = rangesMax / split
    const found: OwnerRow[] = []
    for (let at = index * finest; at < (index + 1) * finest; at++) {
      const rows = this.#ranges[at]
      if (rows !== undefined) for (const row of rows) found.push(row)
    }
    return found
  }

  #sum(row: OwnerRow, { root }: Head, sign: 1 | -1): void {
    const at = 2 * rangeOf(row.owner)
    this.#sums[at]! += sign * wordAt(root, 0)
    this.#sums[at + 1]! += sign * wordAt(root, 4)
  }

  #count({ introducer }: OwnerRow, bytes: number): void {
    this.#bytesTotal += bytes
    this.#bytes.set(introducer, (this.#bytes.get(introducer) ?? 0) + bytes)
  }
}

/** Into which of the finest ranges, 512, a key falls. */
const rangeOf = (key: Uint8Array): number => (key[0]! << 1) | (key[1]! >>> 7)

/** What a row says of itself in a digest. */
export function markOf({ id, state, staged, isDoubtful }: OwnerRow): Mark {
  if (staged !== undefined) return { id, epoch: staged.head.epoch, version: staged.version, tag: 0 }
  return state === undefined || isDoubtful ? { id, epoch: 0, version: 0, tag: 0 } : markOfHead(id, state.head)
}

const markOfHead = (id: string, { epoch, version, root }: Head): Mark => ({ id, epoch, version, tag: wordAt(root, 0) })

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
