import { Heap } from '../heap.ts'
import type { Account, Entry } from './account.ts'
import type { TransactionPoolOptions } from './options.ts'
import type { PoolStatus } from './transaction.ts'
import { UsageTable } from './usage.ts'

/** What is taken up. */
export interface Taken {
  slots: number
  bytes: number
}

/** Room for what is ready and for what is queued, and who makes way when there is none. Knows entries only by their status. */
export class Room<T> {
  readonly ready: Taken = { slots: 0, bytes: 0 }
  readonly queued: Taken = { slots: 0, bytes: 0 }
  /** What grows old, by status, oldest first. */
  readonly aging: Readonly<Record<PoolStatus, Set<Entry<T>>>> = { ready: new Set(), queued: new Set() }
  readonly #options: TransactionPoolOptions
  readonly #usage: UsageTable<Entry<T>>
  /** Whose last ready one is worth the least comes first, and of equal ones the latest; local accounts come last. */
  readonly #accounts = new Heap<Account<T>>((a, b) => {
    if (a.isLocal !== b.isLocal) return b.isLocal
    const [tail, other] = [a.tail!, b.tail!]
    return tail.worth === other.worth ? tail.order > other.order : tail.worth < other.worth
  })

  constructor(options: TransactionPoolOptions) {
    this.#options = options
    this.#usage = new UsageTable({ countMax: options.queuedSlotsMax, weightMax: options.queuedBytesMax })
  }

  /** Counts an entry, with the status that it has. */
  enter(entry: Entry<T>): void {
    const { status, slots, account, transaction, peer } = entry
    this[status].slots += slots
    this[status].bytes += transaction.size
    if (status === 'queued') this.#usage.add(peer, entry, { count: slots, weight: transaction.size })
    if (!account.isLocal) this.aging[status].add(entry)
  }

  /** Counts an entry no more. Before its status changes. */
  leave(entry: Entry<T>): void {
    const { status, slots, transaction, peer } = entry
    this[status].slots -= slots
    this[status].bytes -= transaction.size
    if (status === 'queued') this.#usage.delete(peer, entry)
    this.aging[status].delete(entry)
  }

  /** After an account's last ready one has changed. */
  place(account: Account<T>): void {
    if (account.tail === undefined) this.#accounts.delete(account)
    else this.#accounts.set(account)
  }

  /** After what all are worth has changed. */
  reorder(): void {
    this.#accounts.reorder()
  }

  /**
   * Which ready ones have to go when this much more has come to be ready with `incoming`: those that are worth the least, each the last of
   * its account. Undefined if `incoming` is worth no more than they are. Without `incoming`, local ones go too, last.
   */
  victims(incoming?: Entry<T>, more: Taken = { slots: 0, bytes: 0 }): Entry<T>[] | undefined {
    let slots = this.ready.slots + more.slots - this.#options.readySlotsMax
    let bytes = this.ready.bytes + more.bytes - this.#options.readyBytesMax
    const victims: Entry<T>[] = []
    let isWorthIt = true
    while (slots > 0 || bytes > 0) {
      const account = this.#accounts.first
      const tail = account?.tail
      isWorthIt = tail !== undefined && tail !== incoming && !(account!.isLocal && incoming !== undefined)
      if (!isWorthIt) break
      victims.push(tail!)
      slots -= tail!.slots
      bytes -= tail!.transaction.size
      account!.cut++
      this.place(account!)
    }
    for (const { account } of victims) account.cut = 0
    for (const { account } of victims) this.place(account)
    return isWorthIt ? victims : undefined
  }

  /** The queued one that has to go: the oldest of the peer that takes up most. Undefined while there is room. */
  queuedVictim(): Entry<T> | undefined {
    const { queuedSlotsMax, queuedBytesMax } = this.#options
    if (this.queued.slots <= queuedSlotsMax && this.queued.bytes <= queuedBytesMax) return undefined
    const [oldest] = this.#usage.heaviest?.items.keys() ?? []
    return oldest
  }
}

/** By how much the ready ones grow when these change their status and those go. */
export function growthOf<T>(flipped: readonly Entry<T>[], gone: readonly (Entry<T> | undefined)[]): Taken {
  const more = { slots: 0, bytes: 0 }
  const count = ({ slots, transaction }: Entry<T>, sign: number): void => {
    more.slots += sign * slots
    more.bytes += sign * transaction.size
  }
  for (const entry of flipped) count(entry, entry.status === 'queued' ? 1 : -1)
  for (const entry of gone) if (entry?.status === 'ready') count(entry, -1)
  return more
}
