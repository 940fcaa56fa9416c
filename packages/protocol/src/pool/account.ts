import type { Millis, PeerId } from '../event.ts'
import type { Placed } from '../heap.ts'
import type { Pooled, PoolTransaction } from './transaction.ts'

/** A transaction of an {@link Account}. */
export interface Entry<T> extends Pooled<T> {
  readonly transaction: PoolTransaction<T>
  readonly account: Account<T>
  readonly peer: PeerId
  readonly slots: number
  /** Arrival: later ones have higher numbers. */
  readonly order: number
  /** What a block gets beyond the base fee, for a unit of room; negative while the base fee is above the cap. */
  fee: bigint
  status: 'ready' | 'queued'
  since: Millis
  /**
   * While ready: the least fee of it and of those before it in its account. That is what it is worth to keep: nobody can
   * have it without them. It falls along an account, so the least is always at the end, where taking it away leaves no gap.
   */
  worth: bigint
  /** While ready: what it and those before it cost. */
  spent: bigint
}

/** The transactions of one sender, by nonce: first those that are ready, without a gap, then those that are queued. */
export class Account<T> implements Placed {
  readonly sender: string
  readonly entries: Entry<T>[] = []
  /** The chain's next nonce; undefined if not known. */
  nonce: number | undefined
  /** The lowest nonce that has been here: the base while the chain's is not known. */
  lowest: number | undefined
  balance: bigint | undefined
  /** How many of `entries` are ready. */
  ready = 0
  /** How many of those, at the end, may have to go for another. */
  cut = 0
  slots = 0
  bytes = 0
  /** Neither evicted nor expired. */
  isLocal = false
  place = -1

  constructor(sender: string) {
    this.sender = sender
  }

  /** The nonce that the first ready one has; undefined if not known and nothing was here. */
  get base(): number | undefined {
    return this.nonce ?? this.lowest
  }

  /** The last ready one that need not go. */
  get tail(): Entry<T> | undefined {
    return this.entries[this.ready - 1 - this.cut]
  }

  /** Where a nonce is, or belongs. */
  indexOf(nonce: number): number {
    let low = 0
    let high = this.entries.length
    // Most come in order.
    if (high > 0 && this.entries[high - 1]!.transaction.nonce < nonce) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.entries[middle]!.transaction.nonce < nonce) low = middle + 1
      else high = middle
    }
    return low
  }

  insert(entry: Entry<T>, index: number): void {
    if (index === this.entries.length) this.entries.push(entry)
    else this.entries.splice(index, 0, entry)
    if (index < this.ready) this.ready = index
    if (this.lowest === undefined || entry.transaction.nonce < this.lowest) this.lowest = entry.transaction.nonce
    this.slots += entry.slots
    this.bytes += entry.transaction.size
  }

  remove(index: number): Entry<T> {
    const [entry] = this.entries.splice(index, 1)
    if (index < this.ready) this.ready = index
    this.slots -= entry!.slots
    this.bytes -= entry!.transaction.size
    return entry!
  }

  /**
   * Finds anew where the ready ones end, after `insert` and `remove`, or, from 0, after nonce, balance or fees have changed. Returns
   * those whose status is not what it was; they still have the old one.
   */
  settle(from: number = this.ready): Entry<T>[] {
    const { entries, base = 0, balance } = this
    const flipped: Entry<T>[] = []
    let index = Math.min(from, this.ready)
    for (; index < entries.length; index++) {
      const entry = entries[index]!
      const previous = entries[index - 1]
      if (entry.transaction.nonce !== base + index) break
      entry.spent = (previous?.spent ?? 0n) + (entry.transaction.cost ?? 0n)
      if (balance !== undefined && entry.spent > balance) break
      entry.worth = previous === undefined || entry.fee < previous.worth ? entry.fee : previous.worth
      if (entry.status === 'queued') flipped.push(entry)
    }
    this.ready = index
    for (; index < entries.length; index++) if (entries[index]!.status === 'ready') flipped.push(entries[index]!)
    return flipped
  }
}
