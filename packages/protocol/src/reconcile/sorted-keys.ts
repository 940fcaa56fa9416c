import { Block, blockKeysMax } from './block.ts'

/** A place in a sorted list: the key at `index` of the block at `block`, or just after the last one. */
export interface Place {
  readonly block: number
  readonly index: number
}

/**
 * Keys in order, in blocks: a B-tree of one level. An insert into a full block first shifts keys into a neighbour with
 * room, so that blocks stay about three quarters full, also against whoever chooses the order of keys.
 */
export class SortedKeys {
  #blocks: Block[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  get blocks(): readonly Block[] {
    return this.#blocks
  }

  has(time: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const block = this.#blocks[this.#blockOf(time, w0, w1, w2, w3)]
    if (block === undefined) return false
    const index = block.rank(time, w0, w1, w2, w3)
    return index < block.count && block.compare(index, time, w0, w1, w2, w3) === 0
  }

  /** False if the key was there. */
  insert(time: number, w0: number, w1: number, w2: number, w3: number): boolean {
    if (this.#blocks.length === 0) this.#blocks.push(new Block())
    const at = this.#blockOf(time, w0, w1, w2, w3)
    let block = this.#blocks[at]!
    let index = block.rank(time, w0, w1, w2, w3)
    if (index < block.count && block.compare(index, time, w0, w1, w2, w3) === 0) return false
    if (block.count === blockKeysMax) {
      this.#makeRoom(at, index === block.count)
      // An empty block at the end counts as one that begins with zeros, so a key behind all others goes there.
      block = this.#blocks[this.#blockOf(time, w0, w1, w2, w3)]!
      index = block.rank(time, w0, w1, w2, w3)
    }
    block.insert(index, time, w0, w1, w2, w3)
    this.#count++
    return true
  }

  /** Adds a key that is behind all others. */
  append(time: number, w0: number, w1: number, w2: number, w3: number): void {
    let last = this.#blocks.at(-1)
    if (last === undefined || last.count === blockKeysMax) this.#blocks.push((last = new Block()))
    last.insert(last.count, time, w0, w1, w2, w3)
    this.#count++
  }

  /** False if the key was not there. */
  delete(time: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const at = this.#blockOf(time, w0, w1, w2, w3)
    const block = this.#blocks[at]
    if (block === undefined) return false
    const index = block.rank(time, w0, w1, w2, w3)
    if (index === block.count || block.compare(index, time, w0, w1, w2, w3) !== 0) return false
    block.remove(index, index + 1)
    this.#count--
    const next = this.#blocks[at + 1]
    if (block.count === 0) this.#blocks.splice(at, 1)
    else if (next !== undefined && block.count + next.count <= blockKeysMax / 2) {
      block.takeFirst(next, next.count)
      this.#blocks.splice(at + 1, 1)
    }
    return true
  }

  /** Takes out all keys before a time; they come back in blocks that are the caller's. */
  cutBefore(time: number): Block[] {
    const { block: whole, index } = this.place(time, 0, 0, 0, 0)
    const removed = this.#blocks.splice(0, whole)
    const first = this.#blocks[0]
    if (first !== undefined && index > 0) {
      const part = new Block()
      part.takeFirst(first, index)
      removed.push(part)
      if (first.count === 0) this.#blocks.shift()
    }
    for (const block of removed) this.#count -= block.count
    return removed
  }

  /** The place of a key, or where it would be. */
  place(time: number, w0: number, w1: number, w2: number, w3: number): Place {
    const block = this.#blockOf(time, w0, w1, w2, w3)
    return { block, index: this.#blocks[block]?.rank(time, w0, w1, w2, w3) ?? 0 }
  }

  /** The place `skip` keys after another; at most the end. */
  placeAfter({ block, index }: Place, skip: number): Place {
    let at = block
    let rest = index + skip
    while (at < this.#blocks.length - 1 && rest >= this.#blocks[at]!.count) {
      rest -= this.#blocks[at]!.count
      at++
    }
    return { block: at, index: Math.min(rest, this.#blocks[at]?.count ?? 0) }
  }

  /** How many keys lie from one place to a later one, and the sums of their ids: four words. */
  between(from: Place, to: Place): { readonly count: number; readonly sums: Uint32Array } {
    const sums = new Uint32Array(4)
    let count = 0
    for (let at = from.block; at <= to.block && at < this.#blocks.length; at++) {
      const block = this.#blocks[at]!
      const start = at === from.block ? from.index : 0
      const end = at === to.block ? to.index : block.count
      if (end <= start) continue
      count += end - start
      if (start > 0 || end < block.count) block.addSums(sums, start, end)
      else for (let word = 0; word < 4; word++) sums[word] = sums[word]! + block.sums[word]!
    }
    return { count, sums }
  }

  /** Index of the last block whose first key is not after the one given; 0 if there is none. */
  #blockOf(time: number, w0: number, w1: number, w2: number, w3: number): number {
    let low = 0
    let high = this.#blocks.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#blocks[middle]!.compare(0, time, w0, w1, w2, w3) <= 0) low = middle
      else high = middle
    }
    return low
  }

  #makeRoom(at: number, atEnd: boolean): void {
    const blocks = this.#blocks
    const block = blocks[at]!
    // Keys mostly come in order: full blocks stay full behind them.
    if (atEnd && at === blocks.length - 1) return void blocks.push(new Block())
    const previous = blocks[at - 1]
    const next = blocks[at + 1]
    const roomMin = blockKeysMax / 4
    if (previous !== undefined && blockKeysMax - previous.count >= roomMin) {
      previous.takeFirst(block, (blockKeysMax - previous.count) >> 1)
    } else if (next !== undefined && blockKeysMax - next.count >= roomMin) {
      next.takeLast(block, (blockKeysMax - next.count) >> 1)
    } else {
      const second = new Block()
      second.takeLast(block, blockKeysMax >> 1)
      blocks.splice(at + 1, 0, second)
    }
  }
}
