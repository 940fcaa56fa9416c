import type { Millis, PeerId } from '../event.ts'
import { Account, type Entry } from './account.ts'
import { bestOf } from './best.ts'
import { NonceFacts } from './nonce-facts.ts'
import { slotSize, type TransactionPoolOptions, transactionPoolOptions } from './options.ts'
import { pushedOut, refusalOf } from './refusal.ts'
import { growthOf, Room, type Taken } from './room.ts'
import type {
  Pooled,
  PoolChange,
  PoolDrop,
  PoolRefusal,
  PoolResult,
  PoolTransaction,
  PoolUpdate,
} from './transaction.ts'

/**
 * Transactions that wait for a block: those of a sender in the order of their nonces, without a gap (ready), or behind one (queued).
 * One nonce has one transaction; another replaces it if it pays enough more. When ready ones have no room, those
 * make way that are worth the least with all that must come before them; when queued ones have none, those of the peer that takes up most.
 * Studied: geth's legacypool and blobpool.
 */
export class TransactionPool<T = undefined> {
  readonly #options: TransactionPoolOptions
  readonly #entries = new Map<string, Entry<T>>()
  readonly #accounts = new Map<string, Account<T>>()
  readonly #room: Room<T>
  readonly #facts: NonceFacts
  #baseFee = 0n
  #order = 0

  constructor(options: Partial<TransactionPoolOptions> = {}) {
    this.#options = { ...transactionPoolOptions, ...options }
    this.#room = new Room(this.#options)
    this.#facts = new NonceFacts(this.#options)
  }

  /** Transactions. */
  get size(): number {
    return this.#entries.size
  }

  /** What is taken up. */
  get taken(): { readonly ready: Readonly<Taken>; readonly queued: Readonly<Taken> } {
    return { ready: { ...this.#room.ready }, queued: { ...this.#room.queued } }
  }

  get baseFee(): bigint {
    return this.#baseFee
  }

  /** When the next one grows too old: call `expire` then. */
  get nextWakeup(): Millis | undefined {
    const { aging } = this.#room
    const { readyMs, queuedMs } = this.#options
    const [[ready], [queued]] = [aging.ready, aging.queued]
    const at = Math.min((ready?.since ?? Infinity) + readyMs, (queued?.since ?? Infinity) + queuedMs)
    return at === Infinity ? undefined : at
  }

  get(id: string): Pooled<T> | undefined {
    return this.#entries.get(id)
  }

  /** Those of a sender by nonce, ready ones first. */
  of(sender: string): readonly Pooled<T>[] {
    return [...(this.#accounts.get(sender)?.entries ?? [])]
  }

  /** The nonce behind all that is ready of a sender: what a wallet uses next. Undefined if nothing is known. */
  nextNonce(sender: string): number | undefined {
    const account = this.#accounts.get(sender)
    return account === undefined ? this.#facts.of(sender)?.nonce : account.base! + account.ready
  }

  /**
   * Ready ones as a block would take them: the highest fee first, those of a sender in order; without those whose cap is below
   * the base fee, and those behind them. The pool must not change meanwhile.
   */
  best(): IterableIterator<PoolTransaction<T>> {
    return bestOf(this.#accounts.values())
  }

  /**
   * Takes a transaction, or says why not. `peer`: who brought it. `isLocal`: it is our own user's, and so is its sender while any
   * of it is here: not below the floor, not evicted for others while ready, not too old.
   */
  add(
    transaction: PoolTransaction<T>,
    { peer = '', isLocal = false }: { readonly peer?: PeerId; readonly isLocal?: boolean },
    now: Millis,
  ): PoolResult<T> {
    const { sender, nonce, size } = transaction
    const account = this.#accounts.get(sender) ?? this.#newAccount(sender)
    const entry: Entry<T> = {
      transaction,
      account,
      peer,
      slots: Math.max(1, Math.ceil(size / slotSize)),
      order: this.#order++,
      fee: this.#feeOf(transaction),
      status: 'queued',
      since: now,
      worth: 0n,
      spent: 0n,
    }
    const index = account.indexOf(nonce)
    const same = account.entries[index]
    const replaced = same?.transaction.nonce === nonce ? same : undefined
    const reason = this.#entries.has(transaction.id)
      ? 'known'
      : refusalOf(entry, replaced, { ...this.#options, isLocal })
    if (reason !== undefined) return refused(reason)
    const pushed = pushedOut(entry, replaced, this.#options)
    if (pushed === undefined) return refused('account-full')

    // Tried on the account alone: nothing else knows of it before it is sure.
    const { ready: readyBefore, lowest, isLocal: wasLocal } = account
    account.isLocal ||= isLocal
    if (replaced !== undefined) account.remove(index)
    account.insert(entry, index)
    for (let count = pushed.length; count > 0; count--) account.remove(account.entries.length - 1)
    const flipped = account.settle()
    const isOverdraft = replaced !== undefined && account.ready < readyBefore
    this.#room.place(account)
    const victims = isOverdraft ? undefined : this.#room.victims(entry, growthOf(flipped, [replaced, ...pushed]))
    if (victims === undefined) {
      account.remove(index)
      if (replaced !== undefined) account.insert(replaced, index)
      for (const each of pushed) account.insert(each, account.entries.length)
      Object.assign(account, { lowest, isLocal: wasLocal })
      account.settle(0)
      this.#room.place(account)
      return refused(isOverdraft ? 'overdraft' : 'full')
    }

    const changes: PoolChange<T>[] = []
    if (replaced !== undefined) this.#gone(replaced, 'replaced', changes)
    for (const each of pushed) this.#gone(each, 'account-full', changes)
    this.#accounts.set(sender, account)
    this.#entries.set(transaction.id, entry)
    if (flipped.includes(entry)) entry.status = 'ready'
    this.#room.enter(entry)
    changes.push({ type: entry.status, transaction })
    this.#flip(flipped, { now, changes }, entry)
    if (account.isLocal && !wasLocal) for (const each of account.entries) this.#room.aging[each.status].delete(each)
    for (const victim of victims) this.#remove(victim, 'evicted', { now, changes })
    this.#trimQueue({ now, changes })
    if (this.#entries.has(transaction.id)) return { status: entry.status, changes }
    return { ...refused<T>('queue-full'), changes: changes.filter((change) => change.transaction !== transaction) }
  }

  /** The chain has moved: by a block, or from one branch to another. */
  update({ left = [], joined = [], changed = [], baseFee }: PoolUpdate<T>, now: Millis): readonly PoolChange<T>[] {
    const changes: PoolChange<T>[] = []
    if (baseFee !== undefined && baseFee !== this.#baseFee) this.#reprice(baseFee)
    const included = new Set(joined.map(({ id }) => id))
    for (const sender of this.#facts.move(left, joined, changed)) {
      const account = this.#accounts.get(sender)
      if (account === undefined) continue
      Object.assign(account, this.#facts.of(sender))
      for (const entry of account.entries.slice()) {
        const isIncluded = included.has(entry.transaction.id)
        if (isIncluded || entry.transaction.nonce < (account.nonce ?? 0)) {
          account.remove(account.entries.indexOf(entry))
          this.#gone(entry, isIncluded ? 'included' : 'stale', changes)
        }
      }
      this.#settle(account, { now, changes }, 0)
    }
    for (const victim of this.#room.victims() ?? []) this.#remove(victim, 'evicted', { now, changes })
    this.#trimQueue({ now, changes })
    for (const transaction of left) {
      if (included.has(transaction.id)) continue
      const result = this.add(transaction, {}, now)
      changes.push(...result.changes)
      if (result.status === 'refused' && result.reason !== 'known') {
        changes.push({ type: 'dropped', transaction, reason: result.reason })
      }
    }
    return changes
  }

  /** Drops what is too old. */
  expire(now: Millis): readonly PoolChange<T>[] {
    const changes: PoolChange<T>[] = []
    const { readyMs, queuedMs } = this.#options
    for (const status of ['queued', 'ready'] as const) {
      for (const entry of this.#room.aging[status]) {
        if (entry.since + (status === 'ready' ? readyMs : queuedMs) > now) break
        this.#remove(entry, 'expired', { now, changes })
      }
    }
    this.#trimQueue({ now, changes })
    return changes
  }

  /** Drops one, by the caller's will. What is behind it is queued. */
  delete(id: string, now: Millis): readonly PoolChange<T>[] {
    const changes: PoolChange<T>[] = []
    const entry = this.#entries.get(id)
    if (entry !== undefined) this.#remove(entry, 'deleted', { now, changes })
    this.#trimQueue({ now, changes })
    return changes
  }

  #feeOf({ feeCap, tip }: PoolTransaction): bigint {
    const rest = feeCap - this.#baseFee
    return rest < tip ? rest : tip
  }

  #reprice(baseFee: bigint): void {
    this.#baseFee = baseFee
    for (const account of this.#accounts.values()) {
      for (const entry of account.entries) entry.fee = this.#feeOf(entry.transaction)
      account.settle(0)
    }
    this.#room.reorder()
  }

  #newAccount(sender: string): Account<T> {
    return Object.assign(new Account<T>(sender), this.#facts.of(sender))
  }

  #trimQueue(context: Context<T>): void {
    for (let entry = this.#room.queuedVictim(); entry !== undefined; entry = this.#room.queuedVictim()) {
      this.#remove(entry, 'evicted', context)
    }
  }

  #remove(entry: Entry<T>, reason: PoolDrop, context: Context<T>): void {
    const { account } = entry
    account.remove(account.indexOf(entry.transaction.nonce))
    this.#gone(entry, reason, context.changes)
    this.#settle(account, context)
  }

  #gone(entry: Entry<T>, reason: PoolDrop, changes: PoolChange<T>[]): void {
    this.#room.leave(entry)
    this.#entries.delete(entry.transaction.id)
    changes.push({ type: 'dropped', transaction: entry.transaction, reason })
  }

  #settle(account: Account<T>, { now, changes }: Context<T>, from?: number): void {
    this.#flip(account.settle(from), { now, changes })
    this.#room.place(account)
    if (account.entries.length > 0) return
    this.#accounts.delete(account.sender)
    this.#facts.keep(account.sender, account.nonce)
  }

  #flip(flipped: readonly Entry<T>[], { now, changes }: Context<T>, done?: Entry<T>): void {
    for (const entry of flipped) {
      if (entry === done) continue
      this.#room.leave(entry)
      entry.status = entry.status === 'ready' ? 'queued' : 'ready'
      entry.since = now
      this.#room.enter(entry)
      changes.push({ type: entry.status, transaction: entry.transaction })
    }
  }
}

/** Where a change is noted. */
interface Context<T> {
  readonly now: Millis
  readonly changes: PoolChange<T>[]
}

function refused<T>(reason: PoolRefusal): PoolResult<T> & { readonly status: 'refused' } {
  return { status: 'refused', reason, changes: [] }
}
