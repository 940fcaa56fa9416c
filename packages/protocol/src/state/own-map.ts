import { equalBytes } from '../bytes.ts'
import { argumentError } from '../error.ts'
import type { Millis, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import { encodeUtf8 } from '../text.ts'
import { type Entry, makeEntry, stateVersionMax } from './entry.ts'
import { stateKeySizeMax, type StateLimits, stateValueSizeMax } from './limits.ts'
import { bytesOf, entryOf, headSignedBytes, mergeEntries, type OwnerState, rootOf } from './owner-state.ts'
import type { StateAction } from './replica-event.ts'

/** What our own map needs of its replica. */
export interface OwnMapContext {
  readonly owner: Uint8Array
  readonly epoch: number
  readonly networkId: Uint8Array
  readonly limits: StateLimits
  readonly hash: Sha256
  readonly nextRef: () => Ref
  readonly emit: (action: StateAction) => void
  /** A state of ours is signed. */
  readonly shown: (state: OwnerState, now: Millis) => void
}

type Write = Pick<Entry, 'value' | 'time'>

/**
 * What this node says of itself. Writes take effect when they are signed; those that come meanwhile are signed together, so
 * that nothing waits on a timer.
 */
export class OwnMap {
  readonly #context: OwnMapContext
  readonly #waiting = new Map<string, Write>()
  #state: OwnerState | undefined
  #signing: { readonly ref: Ref; readonly state: OwnerState } | undefined
  /** Of the last write, by which the wall clock is guessed: µs that it is ahead of `now`. */
  #aheadUs = 0
  #time = 0

  constructor(context: OwnMapContext) {
    const { epoch } = context
    if (!Number.isSafeInteger(epoch) || epoch < 1 || epoch > stateVersionMax)
      throw argumentError('epoch', '1 to 2^48 - 1', epoch)
    this.#context = context
  }

  /** What a key will be once all writes are signed; undefined if it is not there. */
  get(key: string): Uint8Array | undefined {
    const waiting = this.#waiting.get(key)
    return waiting === undefined ? entryOf(this.#signing?.state ?? this.#state, key)?.value : waiting.value
  }

  write(key: string, { value, time }: Write, now: Millis): void {
    const { limits, emit } = this.#context
    const size = encodeUtf8(key).length
    if (size < 1 || size > stateKeySizeMax) return emit({ type: 'refused', key, code: 'key' })
    if (value !== undefined && value.length > stateValueSizeMax) return emit({ type: 'refused', key, code: 'value' })
    const before = this.get(key)
    if (before === undefined ? value === undefined : value !== undefined && equalBytes(before, value)) return
    const base = this.#signing?.state ?? this.#state
    const isNew = entryOf(base, key) === undefined && !this.#waiting.has(key)
    const fresh = [...this.#waiting.keys()].filter((waiting) => entryOf(base, waiting) === undefined).length
    if (isNew && (base?.entries.length ?? 0) + fresh >= limits.keysPerOwnerMax)
      return emit({ type: 'refused', key, code: 'too-many' })
    const waitingBytes = [...this.#waiting.values()].reduce((sum, write) => sum + (write.value?.length ?? 0) + 300, 0)
    if ((base?.bytes ?? 0) + waitingBytes + (value?.length ?? 0) + 300 > limits.bytesPerOwnerMax) {
      return emit({ type: 'refused', key, code: 'too-large' })
    }
    this.#time = Math.max(this.#time, time)
    this.#aheadUs = time - now * 1000
    this.#waiting.set(key, { value: value?.slice(), time: this.#time })
    this.#sign()
  }

  signed(ref: Ref, signature: Uint8Array, now: Millis): void {
    if (this.#signing?.ref !== ref) return
    const { state } = this.#signing
    this.#signing = undefined
    this.#state = { ...state, head: { ...state.head, signature } }
    this.#context.shown(this.#state, now)
    if (this.#waiting.size > 0) this.#sign()
  }

  /** Says that this life began, even if there is nothing to say in it; and drops tombstones that are older than their grace. */
  tick(now: Millis): void {
    if (this.#signing !== undefined) return
    const wall = now * 1000 + this.#aheadUs
    if (this.#state !== undefined && this.#floorOf(this.#state, wall) <= this.#state.head.floor) return
    if (this.#state !== undefined) this.#time = Math.max(this.#time, wall)
    this.#sign()
  }

  #sign(): void {
    if (this.#signing !== undefined) return
    const { owner, epoch, networkId, hash, nextRef, emit } = this.#context
    const base = this.#state
    const writes = [...this.#waiting]
    this.#waiting.clear()
    const first = (base?.head.version ?? 0) + 1
    const newer = writes.map(([key, { value, time }], index) =>
      makeEntry({ key, value, time, version: first + index }, hash),
    )
    const version = writes.length === 0 ? first : first + writes.length - 1
    const floor = this.#floorOf(base, this.#time)
    const entries = mergeEntries(base?.entries ?? [], newer, floor)
    const root = rootOf({ owner, epoch, version, floor }, entries, hash)
    const head = { owner, epoch, version, floor, count: entries.length, root, signature: new Uint8Array(64) }
    const ref = nextRef()
    this.#signing = { ref, state: { head, entries, bytes: bytesOf(entries) } }
    emit({ type: 'sign', ref, bytes: headSignedBytes(networkId, root) })
  }

  /** The version up to which tombstones have had their time. */
  #floorOf(state: OwnerState | undefined, time: number): number {
    let floor = state?.head.floor ?? 0
    for (const entry of state?.entries ?? []) {
      if (entry.value !== undefined) continue
      if (entry.time + this.#context.limits.tombstoneMs * 1000 > time) break
      floor = entry.version
    }
    return floor
  }
}
