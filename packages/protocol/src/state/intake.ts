import type { Millis, PeerId, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import { equalBytes } from '../bytes.ts'
import { decodeEntry, type Entry } from './entry.ts'
import type { Delta } from './frame.ts'
import type { StateLimits } from './limits.ts'
import { bytesOf, compareHeads, headSignedBytes, mergeEntries, type OwnerState, rootOf } from './owner-state.ts'
import type { OwnerRow, OwnerTable, Staged } from './owner-table.ts'
import type { StateAction, StateFault } from './replica-event.ts'

/** What taking in deltas needs of its replica. */
export interface IntakeContext {
  readonly table: OwnerTable
  readonly limits: StateLimits
  readonly networkId: Uint8Array
  readonly self: Uint8Array
  /** Our life. */
  readonly epoch: number
  readonly hash: Sha256
  readonly nextRef: () => Ref
  readonly peerOf: (owner: Uint8Array) => PeerId
  readonly share: ((state: OwnerState) => OwnerState) | undefined
  readonly emit: (action: StateAction) => void
  /** A state is shown in place of another. */
  readonly shown: (row: OwnerRow, before: OwnerState | undefined, now: Millis) => void
}

interface Check {
  readonly peer: PeerId
  readonly owner: Uint8Array
  readonly next: { readonly state: OwnerState } | { readonly staged: Staged }
  readonly bytes: number
}

/** Bytes that may wait for signatures, in all. */
const waitingBytesMax = 8 << 20

/**
 * Takes in what peers say of owners. One signature, that of the head, covers all entries of an owner through their root, so
 * that nothing can be forged or left out; what is not whole yet waits aside, unseen.
 */
export class Intake {
  readonly #context: IntakeContext
  readonly #checks = new Map<Ref, Check>()
  readonly #waiting = new Map<PeerId, number>()
  #waitingBytes = 0

  constructor(context: IntakeContext) {
    this.#context = context
  }

  take(delta: Delta, peer: PeerId, now: Millis): void {
    const { table, self, epoch, limits, hash, emit } = this.#context
    const { head } = delta
    const row = table.row(head.owner)
    if (row !== undefined && !equalBytes(row.owner, head.owner)) return
    if (row?.state !== undefined && compareHeads(head, row.state.head) <= 0) {
      row.isDoubtful = false
      return
    }
    if (table.isForgotten(head, now)) return
    if (equalBytes(head.owner, self)) {
      // What we said in an earlier life is no surprise.
      if (head.epoch >= epoch) emit({ type: 'foreign' })
      return
    }
    if (head.count > limits.keysPerOwnerMax) return this.#blame(peer, 'too-large')
    const base = baseOf(row, delta)
    if (base === undefined) return
    const newer = readEntries(delta, hash)
    if (newer === undefined) return this.#blame(peer, 'bad-entries')
    const entries = mergeEntries(base.entries, newer, head.floor)
    const bytes = bytesOf(entries)
    if (bytes > limits.bytesPerOwnerMax || entries.length > limits.keysPerOwnerMax)
      return this.#blame(peer, 'too-large')
    const kept = {
      ...head,
      owner: row?.owner ?? head.owner.slice(),
      root: head.root.slice(),
      signature: head.signature.slice(),
    }
    const source = base.source === peer ? peer : undefined
    if (delta.isCut) {
      const version = newer.at(-1)?.version ?? delta.from
      return this.#check(peer, {
        owner: kept.owner,
        bytes,
        next: { staged: { head: kept, version, entries, bytes, source } },
      })
    }
    const isWhole = entries.length === head.count && equalBytes(rootOf(head, entries, hash), head.root)
    if (isWhole) return this.#check(peer, { owner: kept.owner, bytes, next: { state: { head: kept, entries, bytes } } })
    // From the beginning, or over what was whole: then who sent it left something out. Else the fault may be of others.
    if (row !== undefined) {
      table.stage(row, undefined)
      row.isDoubtful = true
    }
    if (delta.from === 0) this.#blame(peer, 'bad-root')
  }

  verified(ref: Ref, valid: boolean, now: Millis): void {
    const check = this.#checks.get(ref)
    if (check === undefined) return
    this.#checks.delete(ref)
    const { peer, owner, next, bytes } = check
    this.#waitingBytes -= bytes
    const left = this.#waiting.get(peer)! - 1
    if (left > 0) this.#waiting.set(peer, left)
    else this.#waiting.delete(peer)
    if (!valid) return this.#blame(peer, 'bad-signature')
    this.#accept(peer, owner, next, now)
  }

  /** Takes a state without a check: from our own disk. */
  restore(state: OwnerState, now: Millis): void {
    this.#accept(undefined, state.head.owner, { state }, now)
  }

  #accept(peer: PeerId | undefined, owner: Uint8Array, next: Check['next'], now: Millis): void {
    const { table, peerOf, share, shown } = this.#context
    const known = table.row(owner)
    const isNew = known === undefined
    const row = known ?? table.add(owner, { peer: peerOf(owner), introducer: peer, now })
    if (row === undefined) return
    const head = 'state' in next ? next.state.head : next.staged.head
    const isLate = row.state !== undefined && compareHeads(head, row.state.head) <= 0
    const grown =
      'state' in next ? next.state.bytes - (row.state?.bytes ?? 0) : next.staged.bytes - (row.staged?.bytes ?? 0)
    if (isLate || !equalBytes(row.owner, owner) || (grown > 0 && !table.hasRoom(row.introducer, grown))) {
      if (isNew) table.forget(row, now)
      return
    }
    if ('staged' in next) {
      // Of two that came at once, the one that is further on.
      if (row.staged === undefined || isFurther(next.staged, row.staged)) table.stage(row, next.staged)
      return
    }
    const before = row.state
    table.show(row, peer === undefined ? next.state : (share?.(next.state) ?? next.state), now)
    shown(row, before, now)
  }

  #check(peer: PeerId, check: Omit<Check, 'peer'>): void {
    const { limits, networkId, nextRef, emit } = this.#context
    const waiting = this.#waiting.get(peer) ?? 0
    // A peer that sends more than is checked is asked again in a later round.
    if (waiting >= limits.checksPerPeerMax || this.#waitingBytes + check.bytes > waitingBytesMax) return
    const head = 'state' in check.next ? check.next.state.head : check.next.staged.head
    const ref = nextRef()
    this.#checks.set(ref, { peer, ...check })
    this.#waiting.set(peer, waiting + 1)
    this.#waitingBytes += check.bytes
    emit({
      type: 'verify',
      ref,
      owner: head.owner,
      signature: head.signature,
      bytes: headSignedBytes(networkId, head.root),
    })
  }

  #blame(peer: PeerId, fault: StateFault): void {
    this.#context.emit({ type: 'blame', peer, fault })
  }
}

/** What a delta builds on; undefined if we do not have it. */
function baseOf(
  row: OwnerRow | undefined,
  { head, from }: Delta,
): { entries: readonly Entry[]; source?: PeerId } | undefined {
  if (from === 0) return { entries: [] }
  const { staged, state } = row ?? {}
  if (staged?.head.epoch === head.epoch && staged.version === from) {
    return { entries: staged.entries, ...(staged.source !== undefined && { source: staged.source }) }
  }
  return state?.head.epoch === head.epoch && state.head.version === from ? { entries: state.entries } : undefined
}

/** Entries in order of versions after `from` and up to the head's, one a key. */
function readEntries({ head, from, entries }: Delta, hash: Sha256): Entry[] | undefined {
  const read: Entry[] = []
  const keys = new Set<string>()
  let last = from
  for (const bytes of entries) {
    const entry = decodeEntry(bytes.slice(), hash)
    if (entry === undefined || entry.version <= last || entry.version > head.version || keys.has(entry.key))
      return undefined
    last = entry.version
    keys.add(entry.key)
    read.push(entry)
  }
  return read
}

const isFurther = (a: Staged, b: Staged): boolean =>
  a.head.epoch > b.head.epoch || (a.head.epoch === b.head.epoch && a.version >= b.version)
