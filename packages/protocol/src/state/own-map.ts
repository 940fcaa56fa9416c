import { equalBytes } from '../bytes.ts'
import { argumentError } from '../error.ts'
import type { Millis, Ref } from '../event.ts'
import type { Sha256 } from '../id.ts'
import { encodeUtf8 } from '../text.ts'
import { type Entry, makeEntry, stateVersionMax } from './entry.ts'
import { stateKeySizeMax, type StateLimits, stateValueSizeMax } from './limits.ts'
import { bytesOf, entryOf, headSignedBytes, mergeEntries, type OwnerState, rootOf } from './owner-state.ts'
import { lifePrefix } from './prefix.ts'
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
type OwnWrite = Pick<Entry, 'key' | 'value' | 'time'>

/** What an entry takes beside its value, at most. */
const writeBytes = 300

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

  /** Writes keys under one signature; none of them if one breaks a bound. */
  write(writes: readonly OwnWrite[], now: Millis): void {
    const fresh = new Map<string, Write>()
    for (const { key, value, time } of writes) {
      const fault = faultOf(key, value)
      if (fault !== undefined) return this.#context.emit({ type: 'refused', key, code: fault })
      const before = fresh.has(key) ? fresh.get(key)!.value : this.get(key)
      const isSame = before === undefined ? value === undefined : value !== undefined && equalBytes(before, value)
      if (isSame) continue
      this.#time = Math.max(this.#time, time)
      this.#aheadUs = time - now * 1000
      fresh.set(key, { value: value?.slice(), time: this.#time })
    }
    if (fresh.size === 0) return
    const code = this.#excess(fresh)
    if (code !== undefined) return this.#context.emit({ type: 'refused', key: fresh.keys().next().value!, code })
    for (const [key, write] of fresh) this.#waiting.set(key, write)
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

  /** Which bound the map would break with these writes. A deletion is always possible. */
  #excess(fresh: ReadonlyMap<string, Write>): 'too-many' | 'too-large' | undefined {
    if ([...fresh.values()].every(({ value }) => value === undefined)) return undefined
    const { keysPerOwnerMax, bytesPerOwnerMax } = this.#context.limits
    const waiting = new Map([...this.#waiting, ...fresh])
    const base = this.#signing?.state ?? this.#state
    // Users leave some room to what the node has to say of itself.
    const isOfLife = [...fresh.keys()].every((key) => key.startsWith(lifePrefix))
    const keysMax = keysPerOwnerMax - (isOfLife ? 0 : Math.floor(keysPerOwnerMax / 64))
    const bytesMax = bytesPerOwnerMax - (isOfLife ? 0 : Math.floor(bytesPerOwnerMax / 16))
    let [count, bytes] = [waiting.size, 0]
    for (const { value } of waiting.values()) bytes += (value?.length ?? 0) + writeBytes
    for (const entry of base?.entries ?? []) {
      if (waiting.has(entry.key)) continue
      count++
      bytes += entry.bytes.length
    }
    if (count > keysMax) return 'too-many'
    return bytes > bytesMax ? 'too-large' : undefined
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

function faultOf(key: string, value: Uint8Array | undefined): 'key' | 'value' | undefined {
  const size = encodeUtf8(key).length
  if (size < 1 || size > stateKeySizeMax) return 'key'
  return value !== undefined && value.length > stateValueSizeMax ? 'value' : undefined
}
