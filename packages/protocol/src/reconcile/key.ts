import { argumentError } from '../error.ts'

/** Bytes of an id that keys hold. Two ids with the same first 16 bytes count as one: 2^64 hashes for SHA-256. */
export const keyIdSize = 16

/**
 * Where a range begins or ends: a key, or a place between keys. Keys are ordered by author time, then by id as
 * unsigned bytes; an id of fewer than 16 bytes counts as if zeros followed.
 */
export interface Bound {
  /** µs since 1970, 0 to 2^53 − 1; always 0 on topics with ids by content. */
  readonly time: number
  /** 0 to 16 bytes; empty: before all keys of that time. */
  readonly id: Uint8Array
}

/** Keys from `from`, included, to `to`, excluded. */
export interface KeyRange {
  readonly from: Bound
  readonly to: Bound
}

const noBytes = new Uint8Array(0)

/** The bound before all keys of a time. */
export const boundAt = (time: number): Bound => ({ time, id: noBytes })

/** Before every key. */
export const firstBound: Bound = boundAt(0)

/** After every key that a store can hold: author times lie below 2^53 − 1. */
export const lastBound: Bound = boundAt(Number.MAX_SAFE_INTEGER)

/** Negative, 0 or positive, as `Array.sort` wants it. */
export function compareBounds(a: Bound, b: Bound): number {
  if (a.time !== b.time) return a.time - b.time
  for (let at = 0; at < keyIdSize; at++) {
    const difference = (a.id[at] ?? 0) - (b.id[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The first bound after a key. */
export function boundPast(time: number, id: Uint8Array): Bound {
  const next = id.slice(0, keyIdSize)
  for (let at = keyIdSize - 1; at >= 0; at--) {
    next[at] = next[at]! + 1
    if (next[at] !== 0) return { time, id: next }
  }
  return boundAt(time + 1)
}

/** The 4 bytes at `at` as an unsigned big-endian number; bytes beyond the end count as 0. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  )
}

/** Writes an unsigned word in big-endian order. */
export function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24
  bytes[at + 1] = word >>> 16
  bytes[at + 2] = word >>> 8
  bytes[at + 3] = word
}

/**
 * A list of keys in flat memory, 24 bytes each: an author time and the first 16 bytes of a message id (of the seen key,
 * SHA-256(topic ‖ 0 ‖ id), where the topic has ids by content). What a list is sorted by, its giver says.
 */
export class KeyList {
  #times: Float64Array
  #ids: Uint8Array
  #length = 0

  constructor(capacity = 16) {
    this.#times = new Float64Array(capacity)
    this.#ids = new Uint8Array(capacity * keyIdSize)
  }

  /** A list over arrays that the caller gives away: times, and 16 bytes of id for each. Throws `argument`. */
  static of(times: Float64Array, ids: Uint8Array): KeyList {
    if (ids.length !== times.length * keyIdSize) {
      throw argumentError('ids', `${times.length * keyIdSize} bytes`, ids.length)
    }
    const list = new KeyList(0)
    list.#times = times
    list.#ids = ids
    list.#length = times.length
    return list
  }

  get length(): number {
    return this.#length
  }

  /** 16 bytes for each key, in order; a view that the next `push` may leave behind. */
  get ids(): Uint8Array {
    return this.#ids.subarray(0, this.#length * keyIdSize)
  }

  /** Author times, in order; a view that the next `push` may leave behind. */
  get times(): Float64Array {
    return this.#times.subarray(0, this.#length)
  }

  time(index: number): number {
    return this.#times[index]!
  }

  /** 16 bytes; a view. */
  id(index: number): Uint8Array {
    return this.#ids.subarray(index * keyIdSize, (index + 1) * keyIdSize)
  }

  /** The key as a bound; its id is a view. */
  bound(index: number): Bound {
    return { time: this.time(index), id: this.id(index) }
  }

  /** Appends a copy of a key; the id begins at `at` in `bytes` and has 16 bytes. */
  push(time: number, bytes: Uint8Array, at = 0): void {
    if (this.#length === this.#times.length) this.#grow()
    this.#times[this.#length] = time
    const to = this.#length * keyIdSize
    for (let i = 0; i < keyIdSize; i++) this.#ids[to + i] = bytes[at + i]!
    this.#length++
  }

  /** A copy of the keys from index `from`, included, to `to`, excluded. */
  slice(from: number, to: number): KeyList {
    return KeyList.of(
      this.#times.slice(from, Math.min(to, this.#length)),
      this.#ids.slice(from * keyIdSize, Math.min(to, this.#length) * keyIdSize),
    )
  }

  /** A copy in the order of keys, without repeats. */
  sorted(): KeyList {
    const order = Array.from({ length: this.#length }, (_, index) => index)
    order.sort((a, b) => compareBounds(this.bound(a), this.bound(b)))
    const result = new KeyList(this.#length)
    for (const [place, index] of order.entries()) {
      if (place > 0 && compareBounds(this.bound(order[place - 1]!), this.bound(index)) === 0) continue
      result.push(this.time(index), this.#ids, index * keyIdSize)
    }
    return result
  }

  #grow(): void {
    const capacity = Math.max(16, this.#times.length * 2)
    const times = new Float64Array(capacity)
    times.set(this.#times)
    const ids = new Uint8Array(capacity * keyIdSize)
    ids.set(this.#ids)
    this.#times = times
    this.#ids = ids
  }
}
