import type { PoolRefusal, PoolStatus, TransactionPoolOptions } from '@grapevine/protocol/pool'
import { type Pooled, type PoolChange, TransactionPool, transactionPoolOptions } from '@grapevine/protocol/pool'
import { type EthereumRules, costOf, faultOf, type TransactionFault } from './rules.ts'
import { senderOf } from './sender.ts'
import { decodeTransaction, type EthereumTransaction } from './transaction.ts'

/** What a relay says of a transaction. Rejected is only what no block can ever have. */
export type TransactionVerdict =
  | { readonly verdict: 'accept'; readonly status: PoolStatus | 'known' }
  | { readonly verdict: 'reject'; readonly reason: TransactionFault | 'malformed' | 'bad-signature' }
  | { readonly verdict: 'ignore'; readonly reason: PoolRefusal }
  /** An earlier nonce is missing, and its peer has its share of such already: it has to wait where it is. */
  | { readonly verdict: 'defer'; readonly reason: 'queue-full' }

/** What is known of a transaction that is to be judged. */
export interface TransactionSource {
  /** `0x` and 64 hex digits, if it is known. */
  readonly hash?: string
  /** The peer that brought it. */
  readonly peer: string
  readonly now: number
}

/**
 * The least tip is 1 wei, as in geth. Without a chain nobody knows what blocks have taken, so transactions end by age: after 15 minutes
 * if they are ready. 16,384 slots are what mainnet makes in that time.
 */
const mempoolOptions: Partial<TransactionPoolOptions> = Object.freeze({
  tipMin: 1n,
  readyMs: 900_000,
  queuedMs: 900_000,
  readySlotsMax: 16_384,
})

/** A transaction in the pool, and the peer that brought it. */
export interface MempoolItem extends EthereumTransaction {
  readonly peer: string
}

/** Transactions that wait for a block, judged by the rules of a chain. */
export class Mempool {
  readonly #pool: TransactionPool<MempoolItem>
  readonly #rules: EthereumRules
  readonly #tipMin: bigint
  readonly #onChange: (change: PoolChange<MempoolItem>) => void
  readonly #queue: QueueShares

  /** `onChange` is told of each change, in order. */
  constructor(
    rules: EthereumRules,
    pool: Partial<TransactionPoolOptions>,
    onChange: (change: PoolChange<MempoolItem>) => void,
  ) {
    const options = { ...mempoolOptions, ...pool }
    this.#pool = new TransactionPool(options)
    this.#rules = rules
    this.#tipMin = options.tipMin ?? 0n
    this.#queue = new QueueShares(options.queuedSlotsMax ?? transactionPoolOptions.queuedSlotsMax)
    this.#onChange = (change) => {
      this.#queue.note(change)
      onChange(change)
    }
  }

  /** Transactions, ready ones and others, and their bytes. */
  get size(): { readonly ready: number; readonly queued: number; readonly bytes: number } {
    const { ready, queued } = this.#pool.taken
    return { ready: ready.slots, queued: queued.slots, bytes: ready.bytes + queued.bytes }
  }

  get tipMin(): bigint {
    return this.#tipMin
  }

  get(hash: string): Pooled<MempoolItem> | undefined {
    return this.#pool.get(hash)
  }

  /** What a wallet uses next; 0 if nothing of the sender is here. `sender`: `0x` and 40 hex digits in lower case. */
  nextNonce(sender: string): number {
    return this.#pool.nextNonce(sender) ?? 0
  }

  /** Judges a transaction, cheapest checks first, and takes it if it is accepted. Never throws. */
  judge(bytes: Uint8Array, { hash, peer, now }: TransactionSource): TransactionVerdict {
    if (hash !== undefined && this.#pool.get(hash) !== undefined) return { verdict: 'accept', status: 'known' }
    const transaction = decodeTransaction(bytes, hash)
    if (transaction === undefined) return { verdict: 'reject', reason: 'malformed' }
    if (this.#pool.get(transaction.hash) !== undefined) return { verdict: 'accept', status: 'known' }
    const fault = faultOf(transaction, this.#rules)
    if (fault !== undefined) return { verdict: 'reject', reason: fault }
    const { feeCap, tip, nonce } = transaction
    // The pool says so too; finding the sender is dear, and floods of these are cheap.
    if (tip < this.#tipMin || feeCap < this.#tipMin) return { verdict: 'ignore', reason: 'underpriced' }
    const sender = senderOf(transaction)
    if (sender === undefined) return { verdict: 'reject', reason: 'bad-signature' }
    const next = this.#pool.nextNonce(sender)
    if (next !== undefined && nonce > next && !this.#queue.hasRoom(peer))
      return { verdict: 'defer', reason: 'queue-full' }
    const result = this.#pool.add(
      {
        id: transaction.hash,
        sender,
        nonce: Number(nonce),
        feeCap,
        tip,
        size: bytes.length,
        cost: costOf(transaction),
        item: { ...transaction, peer },
      },
      { peer },
      now,
    )
    for (const change of result.changes) this.#onChange(change)
    if (result.status !== 'refused') return { verdict: 'accept', status: result.status }
    if (result.reason === 'queue-full') return { verdict: 'defer', reason: 'queue-full' }
    return { verdict: 'ignore', reason: result.reason }
  }

  /** Drops what is too old. */
  expire(now: number): void {
    for (const change of this.#pool.expire(now)) this.#onChange(change)
  }
}

/**
 * Who has how much in the queue. With its share a peer gets no more in: the pool would take it and drop an older one of the same
 * peer, so that a flood behind gaps would be passed on for ever, through room that is full all the time.
 */
class QueueShares {
  readonly #countMax: number
  /** Peers of what is queued, by hash; and how many each has. */
  readonly #peers = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  hasRoom(peer: string): boolean {
    if (this.#peers.size < this.#countMax) return true
    const own = this.#counts.get(peer) ?? 0
    return own < this.#countMax / (this.#counts.size + (own === 0 ? 1 : 0))
  }

  note({ type, transaction: { id, item } }: PoolChange<MempoolItem>): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined) {
      this.#peers.delete(id)
      const count = this.#counts.get(peer)! - 1
      if (count === 0) this.#counts.delete(peer)
      else this.#counts.set(peer, count)
    }
    if (type !== 'queued') return
    this.#peers.set(id, item.peer)
    this.#counts.set(item.peer, (this.#counts.get(item.peer) ?? 0) + 1)
  }
}
