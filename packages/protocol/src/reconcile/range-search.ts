import type { Difference } from './difference.ts'
import { askedPartsMax, type Frame, framePartsMax, frameRangesMax, listedKeysMax, questionsMax } from './frame.ts'
import { type Bound, boundPast, compareBounds, KeyList, type KeyRange } from './key.ts'
import type { Part, RangeSummary } from './key-range.ts'
import type { SetIndex } from './set-index.ts'

/** Keys of the peer up to which a range is listed rather than cut. */
const listedRangeMax = 64

/** Keys of the peer that are asked for at once. */
const askedKeysMax = 16_384

/** Into how many parts a range is cut; more if we have nothing in it. */
const partsMax = 16

/** Ranges that wait. With more, the search begins to list the first, and ends without the last. */
const waitingSoft = 1024
const waitingMax = 4096

/** Keys of ours looked at in one slice: 2 ms or so. */
const sliceKeys = 2048

const noKeys = new KeyList(0)

interface Waiting {
  readonly range: KeyRange
  /** Keys of the peer in it. */
  readonly theirs: number
  /** Whether the peer is asked to list its keys. */
  readonly listed: boolean
}

/**
 * Finds differences by comparing sums over ranges, cutting those that differ, and listing the keys of the small ones
 * (Meyer: Range-Based Set Reconciliation, arXiv 2212.13567). One question is under way at a time.
 */
export class RangeSearch {
  readonly #index: SetIndex
  readonly #difference: Difference
  /** Ascending. */
  #waiting: Waiting[] = []
  #asked: readonly Waiting[] = []
  #question: 'parts' | 'keys' | undefined = undefined
  /** Of the listing under way: which of the ranges, from where, and how many keys may still come. */
  #at = 0
  #cursor: Bound | undefined = undefined
  #allowance = 0
  #questions = 0
  #partsAsked = 0
  #keysAsked = 0
  /** Ranges whose keys of ours, but for some, the peer lacks; still to be gone through. */
  readonly #ours: { range: KeyRange; readonly except: KeyList; at: number; readonly end: number }[] = []

  constructor(index: SetIndex, difference: Difference) {
    this.#index = index
    this.#difference = difference
  }

  /** Takes a range as the peer sees it: nothing to do if we see the same. `listed`: ask for its keys at once. */
  add(range: KeyRange, theirs: RangeSummary | undefined, listed = false): void {
    const waiting = this.#compare(range, theirs, listed)
    if (waiting !== undefined) this.#waiting.push(waiting)
  }

  /** The type of the answer that is under way. */
  get question(): 'parts' | 'keys' | undefined {
    return this.#question
  }

  /** Whether `advance` has something to do before the next question. */
  get busy(): boolean {
    return this.#ours.length > 0
  }

  /** Goes through some thousand of our keys. */
  advance(): void {
    let left = sliceKeys
    while (left > 0 && this.#ours.length > 0 && !this.#difference.isFull) {
      const item = this.#ours[0]!
      const own = this.#index.keys(item.range, left)
      for (let index = 0; index < own.length; index++) {
        const key = own.bound(index)
        let order = 1
        while (item.at < item.end && (order = compareBounds(item.except.bound(item.at), key)) < 0) item.at++
        if (item.at === item.end || order !== 0) this.#difference.have(key.time, key.id)
      }
      if (own.length < left) this.#ours.shift()
      else item.range = { from: boundPast(own.time(left - 1), own.id(left - 1)), to: item.range.to }
      left -= own.length + 1
    }
    if (!this.#difference.isFull || this.#ours.length === 0) return
    this.#ours.length = 0
    this.#difference.complete = false
  }

  /** The next question; undefined if there is none. */
  ask(): Frame | undefined {
    if (this.#waiting.length > waitingMax) {
      this.#waiting.length = waitingMax
      this.#difference.complete = false
    }
    if (this.#difference.isFull || this.#isSpent()) {
      if (this.#waiting.length > 0) this.#difference.complete = false
      return undefined
    }
    const cut = this.#take(64, (waiting) => !waiting.listed)
    const listing = cut.length === 0 || this.#waiting.length > waitingSoft
    if (!listing) return this.#askParts(cut)
    let room = askedKeysMax
    const list = this.#take(frameRangesMax, ({ listed, theirs }) => {
      if (listed) room -= theirs
      return listed && (room >= 0 || room === askedKeysMax - theirs)
    })
    if (list.length === 0) return cut.length === 0 ? undefined : this.#askParts(cut)
    this.#asked = list
    this.#at = 0
    this.#cursor = list[0]!.range.from
    this.#allowance = askedKeysMax + 2 * list.reduce((sum, { theirs }) => sum + theirs, 0)
    this.#question = 'keys'
    this.#questions++
    this.#keysAsked += list.reduce((sum, { theirs }) => sum + theirs, 0)
    this.#forget(list)
    return { type: 'ask-keys', ranges: list.map(({ range }) => range) }
  }

  /** The answer to a cut; false if it is none. */
  parts(parts: readonly Part[]): boolean {
    const found: Waiting[] = []
    let next = 0
    for (const { range } of this.#asked) {
      if (next < parts.length && compareBounds(parts[next]!.from, range.from) < 0) return false
      const first = next
      while (next < parts.length && compareBounds(parts[next]!.from, range.to) < 0) next++
      if (first === next) {
        this.#compare(range, undefined, false)
        continue
      }
      if (compareBounds(parts[first]!.from, range.from) !== 0) return false
      for (let at = first; at < next; at++) {
        const to = at + 1 < next ? parts[at + 1]!.from : range.to
        const waiting = this.#compare({ from: parts[at]!.from, to }, parts[at], false)
        if (waiting !== undefined) found.push(waiting)
      }
    }
    this.#asked = []
    this.#question = undefined
    this.#waiting = [...found, ...this.#waiting].toSorted((a, b) => compareBounds(a.range.from, b.range.from))
    return next === parts.length
  }

  /** Part of the answer to a listing; false if it is none. */
  keys(keys: KeyList, last: boolean): boolean {
    this.#allowance -= keys.length
    if (this.#cursor === undefined || this.#allowance < 0) return false
    let at = 0
    while (this.#at < this.#asked.length) {
      const { range } = this.#asked[this.#at]!
      const first = at
      if (at < keys.length && compareBounds(keys.bound(at), this.#cursor) < 0) return false
      while (at < keys.length && compareBounds(keys.bound(at), range.to) < 0) at++
      const isWhole = last || at < keys.length
      const to: Bound = isWhole || at === first ? range.to : boundPast(keys.time(at - 1), keys.id(at - 1))
      if (isWhole || at > first) this.#merge(keys, { first, end: at }, { from: this.#cursor, to })
      this.#cursor = to
      if (!isWhole) return true
      this.#at++
      this.#cursor = this.#asked[this.#at]?.range.from ?? to
    }
    this.#cursor = undefined
    this.#asked = []
    this.#question = undefined
    return at === keys.length
  }

  /** Compares what the peer listed of a range with what we have there. */
  #merge(theirs: KeyList, { first, end }: { first: number; end: number }, range: KeyRange): void {
    for (let at = first; at < end; at++) {
      if (!this.#index.has(theirs.time(at), theirs.id(at))) this.#difference.lack(theirs.time(at), theirs.id(at))
    }
    this.#ours.push({ range, except: theirs, at: first, end })
  }

  #compare(range: KeyRange, theirs: RangeSummary | undefined, listed: boolean): Waiting | undefined {
    const own = this.#index.summary(range)
    if (theirs === undefined) {
      if (own.count > 0) this.#ours.push({ range, except: noKeys, at: 0, end: 0 })
      return undefined
    }
    if (own.count === theirs.count && own.sum.every((byte, at) => byte === theirs.sum[at])) return undefined
    const few = theirs.count <= (own.count === 0 ? askedKeysMax : listedRangeMax)
    return { range, theirs: theirs.count, listed: listed || few }
  }

  #askParts(cut: readonly Waiting[]): Frame {
    this.#forget(cut)
    this.#asked = cut
    this.#question = 'parts'
    const parts = Math.min(
      cut.length === 1 && cut[0]!.theirs > 65_536 ? 128 : partsMax,
      Math.floor(framePartsMax / cut.length),
    )
    this.#questions++
    this.#partsAsked += parts * cut.length
    return { type: 'ask-parts', parts, ranges: cut.map(({ range }) => range) }
  }

  /** Whether the peer could refuse one more question. Its store grows meanwhile: some room is left for that. */
  #isSpent(): boolean {
    const isMuch = this.#questions >= questionsMax - 16 || this.#partsAsked > askedPartsMax - framePartsMax
    return isMuch || this.#keysAsked > listedKeysMax - 4 * askedKeysMax
  }

  #take(max: number, wanted: (waiting: Waiting) => boolean): Waiting[] {
    const taken: Waiting[] = []
    for (const waiting of this.#waiting) {
      if (taken.length === max) break
      if (wanted(waiting)) taken.push(waiting)
    }
    return taken
  }

  #forget(taken: readonly Waiting[]): void {
    const gone = new Set(taken)
    this.#waiting = this.#waiting.filter((waiting) => !gone.has(waiting))
  }
}
