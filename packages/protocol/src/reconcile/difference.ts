import { compareBounds, firstBound, type KeyList, type KeyRange, lastBound, wordAt } from './key.ts'
import { keysOf } from './key-range.ts'
import type { TimeSpan } from './session-output.ts'
import { SortedKeys } from './sorted-keys.ts'

/** Most spans of time in a report. */
const spansMax = 16

/** Keys in order, up to a bound, gathered in any order. */
export class KeySet {
  readonly #keys = new SortedKeys()

  get count(): number {
    return this.#keys.count
  }

  /** False if it was there. The id begins at `at` and has 16 bytes. */
  add(time: number, id: Uint8Array, at = 0): boolean {
    return this.#keys.insert(time, wordAt(id, at), wordAt(id, at + 4), wordAt(id, at + 8), wordAt(id, at + 12))
  }

  delete(time: number, id: Uint8Array): boolean {
    return this.#keys.delete(time, wordAt(id, 0), wordAt(id, 4), wordAt(id, 8), wordAt(id, 12))
  }

  /** The first keys, or the first of a range. */
  first(max: number, range: KeyRange = { from: firstBound, to: lastBound }): KeyList {
    return keysOf(this.#keys, range, max)
  }

  /** Where the keys are, cut at the widest gaps between them. */
  spans(): TimeSpan[] {
    const gaps: { size: number; after: number }[] = []
    let place = 0
    let last = -1
    for (const { times, count } of this.#keys.blocks) {
      for (let index = 0; index < count; index++, place++) {
        const size = place === 0 ? 0 : times[index]! - last
        last = times[index]!
        if (size === 0 || (gaps.length === spansMax - 1 && size <= gaps.at(-1)!.size)) continue
        gaps.splice(gaps.findLastIndex((gap) => gap.size >= size) + 1, 0, { size, after: place })
        gaps.length = Math.min(gaps.length, spansMax - 1)
      }
    }
    const cuts = [0, ...gaps.map(({ after }) => after).toSorted((a, b) => a - b)]
    return cuts.flatMap((cut, at) => this.#span(cut, cuts[at + 1] ?? this.count))
  }

  #span(start: number, end: number): TimeSpan[] {
    if (start === end) return []
    const first = this.#keys.placeAfter({ block: 0, index: 0 }, start)
    const last = this.#keys.placeAfter({ block: 0, index: 0 }, end - 1)
    const { blocks } = this.#keys
    return [
      {
        from: blocks[first.block]!.times[first.index]!,
        to: blocks[last.block]!.times[last.index]!,
        count: end - start,
      },
    ]
  }
}

/** Who says which keys of the peer our host has refused. */
export type IsRefused = (time: number, id: Uint8Array) => boolean

/** What a search found so far: no more keys than a session takes. */
export class Difference {
  /** Keys that we lack, without those that we refused. */
  readonly lacking: KeySet = new KeySet()
  /** Keys that the peer lacks. */
  readonly extra: KeySet = new KeySet()
  /** Keys that we lack because we refused them. */
  refused = 0
  /** False when there was more than that. */
  complete = true
  readonly #keysMax: number
  readonly #isRefused: IsRefused

  constructor(keysMax: number, isRefused: IsRefused) {
    this.#keysMax = keysMax
    this.#isRefused = isRefused
  }

  /** Whether a session takes no more of either kind. */
  get isFull(): boolean {
    return this.lacking.count >= this.#keysMax || this.extra.count >= this.#keysMax
  }

  lack(time: number, id: Uint8Array): void {
    if (this.#isRefused(time, id)) this.refused++
    else if (this.lacking.count < this.#keysMax) this.lacking.add(time, id)
    else this.complete = false
  }

  have(time: number, id: Uint8Array): void {
    if (this.extra.count < this.#keysMax) this.extra.add(time, id)
    else this.complete = false
  }
}

/** Whether a key lies in a range. */
export function isInRange(time: number, id: Uint8Array, { from, to }: KeyRange): boolean {
  const key = { time, id }
  return compareBounds(from, key) <= 0 && compareBounds(key, to) < 0
}
