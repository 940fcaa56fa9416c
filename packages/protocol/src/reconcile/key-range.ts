import { type Bound, keyIdSize, KeyList, type KeyRange, putWord, wordAt } from './key.ts'
import type { Place, SortedKeys } from './sorted-keys.ts'

/** What two nodes compare of a range: equal if they hold the same keys in it. */
export interface RangeSummary {
  readonly count: number
  /** 16 bytes: the four big-endian words of the ids, each summed modulo 2^32. */
  readonly sum: Uint8Array
}

/** One of several ranges that lie side by side: it ends where the next begins. */
export interface Part extends RangeSummary {
  readonly from: Bound
}

export function summaryOf(keys: SortedKeys, { from, to }: KeyRange): RangeSummary {
  return between(keys, placeOf(keys, from), placeOf(keys, to))
}

export function keysOf(keys: SortedKeys, range: KeyRange, max: number): KeyList {
  const from = placeOf(keys, range.from)
  const to = placeOf(keys, range.to)
  const list = new KeyList()
  const id = new Uint8Array(keyIdSize)
  for (let at = from.block; at <= to.block && at < keys.blocks.length; at++) {
    const block = keys.blocks[at]!
    const end = at === to.block ? to.index : block.count
    for (let index = at === from.block ? from.index : 0; index < end; index++) {
      if (list.length >= max) return list
      block.readId(index, id)
      list.push(block.times[index]!, id)
    }
  }
  return list
}

export function partsOf(keys: SortedKeys, range: KeyRange, ranks: readonly number[]): Part[] {
  const end = placeOf(keys, range.to)
  let place = placeOf(keys, range.from)
  const { count } = keys.between(place, end)
  if (count === 0) return []
  const parts: Part[] = []
  let from = range.from
  let rank = 0
  for (const cut of ranks) {
    if (cut <= rank || cut >= count) continue
    const next = keys.placeAfter(place, cut - rank)
    parts.push({ from, ...between(keys, place, next) })
    from = cutBefore(keys, next)
    place = next
    rank = cut
  }
  parts.push({ from, ...between(keys, place, end) })
  return parts
}

function between(keys: SortedKeys, from: Place, to: Place): RangeSummary {
  const { count, sums } = keys.between(from, to)
  const sum = new Uint8Array(16)
  for (let word = 0; word < 4; word++) putWord(sum, word * 4, sums[word]!)
  return { count, sum }
}

/** The shortest bound that parts a key, not the first, from the one before it. */
function cutBefore(keys: SortedKeys, place: Place): Bound {
  const block = keys.blocks[place.block]!
  const time = block.times[place.index]!
  const id = new Uint8Array(keyIdSize)
  block.readId(place.index, id)
  const previous = place.index > 0 ? block : keys.blocks[place.block - 1]!
  const previousIndex = place.index > 0 ? place.index - 1 : previous.count - 1
  if (previous.times[previousIndex]! < time) return { time, id: id.slice(0, 0) }
  const before = new Uint8Array(keyIdSize)
  previous.readId(previousIndex, before)
  let length = 0
  while (before[length] === id[length]) length++
  return { time, id: id.slice(0, length + 1) }
}

function placeOf(keys: SortedKeys, { time, id }: Bound): Place {
  return keys.place(time, wordAt(id, 0), wordAt(id, 4), wordAt(id, 8), wordAt(id, 12))
}
