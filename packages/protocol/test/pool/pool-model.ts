import type { AccountFacts, PoolStatus, PoolTransaction } from '../../src/pool/transaction.ts'
import type { TransactionPoolOptions } from '../../src/pool/options.ts'

export interface Row {
  readonly transaction: PoolTransaction<undefined>
  readonly peer: string
  readonly order: number
  status: PoolStatus
  since: number
  /** When it got its status, by a count. */
  turnedAt: number
}

/** The rules of a transaction pool over a plain list, everything found anew each time. */
export class PoolModel {
  rows: Row[] = []
  locals = new Set<string>()
  nonces = new Map<string, number>()
  lowest = new Map<string, number>()
  baseFee = 0n
  #order = 0
  #turns = 0
  readonly #options: TransactionPoolOptions

  constructor(options: TransactionPoolOptions) {
    this.#options = options
  }

  of = (sender: string): Row[] =>
    this.rows
      .filter(({ transaction }) => transaction.sender === sender)
      .toSorted((a, b) => a.transaction.nonce - b.transaction.nonce)

  facts = (sender: string): Partial<AccountFacts> =>
    this.#options.accountOf?.(sender) ?? (this.nonces.has(sender) ? { nonce: this.nonces.get(sender)! } : {})

  baseOf = (sender: string): number | undefined => this.facts(sender).nonce ?? this.lowest.get(sender)

  feeOf = ({ feeCap, tip }: PoolTransaction): bigint => (feeCap - this.baseFee < tip ? feeCap - this.baseFee : tip)

  /** Those of a sender that are ready, by the facts alone. */
  readyOf(sender: string): Row[] {
    const rows = this.of(sender)
    const { balance } = this.facts(sender)
    const nonce = this.baseOf(sender) ?? 0
    let spent = 0n
    const end = rows.findIndex(({ transaction }, index) => {
      spent += transaction.cost ?? 0n
      return transaction.nonce !== nonce + index || (balance !== undefined && spent > balance)
    })
    return end < 0 ? rows : rows.slice(0, end)
  }

  worthOf(row: Row): bigint {
    const before = this.of(row.transaction.sender).filter((each) => each.transaction.nonce <= row.transaction.nonce)
    return before.map(({ transaction }) => this.feeOf(transaction)).reduce((least, fee) => (fee < least ? fee : least))
  }

  /** `first`: the senders that are looked at first, in this order: what is queued in one step is queued in the order of its senders. */
  settle(now: number, first: readonly string[] = []): void {
    for (const sender of new Set([...first, ...this.rows.map(({ transaction }) => transaction.sender)])) {
      const ready = new Set(this.readyOf(sender))
      for (const row of this.of(sender)) {
        const status = ready.has(row) ? 'ready' : 'queued'
        if (status === row.status) continue
        Object.assign(row, { status, since: now, turnedAt: this.#turns++ })
      }
    }
    const senders = new Set(this.rows.map(({ transaction }) => transaction.sender))
    this.locals = new Set([...this.locals].filter((sender) => senders.has(sender)))
    this.lowest = new Map([...this.lowest].filter(([sender]) => senders.has(sender)))
  }

  sum = (status: PoolStatus): { slots: number; bytes: number } =>
    sumOf(this.rows.filter((row) => row.status === status))

  /** The ready one that goes first. */
  worst(): Row | undefined {
    const isLocal = ({ transaction }: Row): number => (this.locals.has(transaction.sender) ? 1 : 0)
    const tails = this.rows.filter(
      (row) => row.status === 'ready' && this.readyOf(row.transaction.sender).at(-1) === row,
    )
    return tails.toSorted(
      (a, b) => isLocal(a) - isLocal(b) || compare(this.worthOf(a), this.worthOf(b)) || b.order - a.order,
    )[0]
  }

  remove(row: Row, now: number): void {
    this.rows = this.rows.filter((each) => each !== row)
    this.settle(now)
  }

  trim(now: number): void {
    const { readySlotsMax, readyBytesMax, queuedSlotsMax, queuedBytesMax } = this.#options
    const over = ({ slots, bytes }: { slots: number; bytes: number }, slotsMax: number, bytesMax: number): boolean =>
      slots > slotsMax || bytes > bytesMax
    while (over(this.sum('ready'), readySlotsMax, readyBytesMax)) this.remove(this.worst()!, now)
    while (over(this.sum('queued'), queuedSlotsMax, queuedBytesMax)) {
      const queued = this.rows.filter(({ status }) => status === 'queued')
      const part = (peer: string): number => {
        const { slots, bytes } = sumOf(queued.filter((row) => row.peer === peer))
        return Math.max(slots / queuedSlotsMax, bytes / queuedBytesMax)
      }
      const [peer] = [...new Set(queued.map((row) => row.peer))].toSorted(
        (a, b) => part(b) - part(a) || (a < b ? -1 : 1),
      )
      const [oldest] = queued.filter((row) => row.peer === peer).toSorted((a, b) => a.turnedAt - b.turnedAt)
      this.remove(oldest!, now)
    }
  }

  add(transaction: PoolTransaction<undefined>, peer: string, isLocal: boolean, now: number): string {
    const { sender, nonce, id, size, tip, feeCap, cost = 0n } = transaction
    const options = this.#options
    const order = this.#order++
    const own = this.of(sender)
    const { nonce: next, balance } = this.facts(sender)
    const base = this.baseOf(sender)
    if (this.rows.some((row) => row.transaction.id === id)) return 'known'
    if (size > options.sizeMax) return 'oversize'
    if (!isLocal && !this.locals.has(sender) && (tip < options.tipMin || feeCap < options.tipMin)) return 'underpriced'
    if (nonce < (next ?? 0)) return 'stale'
    if (base !== undefined && nonce > base + options.nonceAheadMax) return 'far'
    if (balance !== undefined && cost > balance) return 'unaffordable'
    const replaced = own.find((row) => row.transaction.nonce === nonce)
    const pays = (ours: bigint, theirs: bigint): boolean =>
      ours > theirs && ours * 100n >= theirs * BigInt(100 + options.bumpPercent)
    if (replaced !== undefined) {
      const { feeCap: otherCap, tip: otherTip } = replaced.transaction
      if (!pays(feeCap, otherCap) || !pays(tip, otherTip)) return 'replacement'
    }
    const { locals, lowest } = this
    const saved = { rows: this.rows.map((row) => ({ ...row })), turns: this.#turns }
    const restore = (reason: string): string => {
      this.rows = saved.rows
      Object.assign(this, { locals, lowest })
      this.#turns = saved.turns
      return reason
    }
    const readyBefore = this.readyOf(sender).length
    const row: Row = { transaction, peer, order, status: 'queued', since: now, turnedAt: this.#turns++ }
    this.rows = [...this.rows.filter((each) => each !== replaced), row]
    if (isLocal) this.locals = new Set([...locals, sender])
    this.lowest = new Map([...lowest, [sender, Math.min(nonce, lowest.get(sender) ?? nonce)]])
    for (;;) {
      const { slots, bytes } = sumOf(this.of(sender))
      if (slots <= options.accountSlotsMax && bytes <= options.accountBytesMax) break
      const last = this.of(sender).at(-1)!
      if (last === row) return restore('account-full')
      this.rows = this.rows.filter((each) => each !== last)
    }
    if (replaced !== undefined && this.readyOf(sender).length < readyBefore) return restore('overdraft')
    this.settle(now)
    // Whether room for it can be made, before anybody makes way.
    const trial = [...this.rows]
    while (this.sum('ready').slots > options.readySlotsMax || this.sum('ready').bytes > options.readyBytesMax) {
      const worst = this.worst()!
      if (worst === row || this.locals.has(worst.transaction.sender)) return restore('full')
      this.rows = this.rows.filter((each) => each !== worst)
    }
    this.rows = trial
    this.trim(now)
    return this.rows.includes(row) ? row.status : 'queue-full'
  }
}

const slotsOf = ({ size }: PoolTransaction): number => Math.max(1, Math.ceil(size / 32_768))
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

function sumOf(rows: readonly Row[]): { slots: number; bytes: number } {
  const add = (of: (transaction: PoolTransaction) => number): number =>
    rows.reduce((sum, { transaction }) => sum + of(transaction), 0)
  return { slots: add(slotsOf), bytes: add(({ size }) => size) }
}
