import type { TransactionPoolOptions } from './options.ts'
import type { PoolTransaction } from './transaction.ts'

type Numbered = Pick<PoolTransaction, 'sender' | 'nonce'>

/** What is known of senders' nonces: from the caller, or else from the blocks that came and went. */
export class NonceFacts {
  readonly #options: TransactionPoolOptions
  readonly #nonces = new Map<string, number>()

  constructor(options: TransactionPoolOptions) {
    this.#options = options
  }

  of(sender: string): { readonly nonce: number | undefined; readonly balance: bigint | undefined } | undefined {
    const facts = this.#options.accountOf?.(sender)
    const nonce = facts?.nonce ?? this.#nonces.get(sender)
    return nonce === undefined ? undefined : { nonce, balance: facts?.balance }
  }

  /** Transactions have left the chain, then others have joined it. Returns of whom something may be new. */
  move(left: readonly Numbered[], joined: readonly Numbered[], changed: readonly string[]): ReadonlySet<string> {
    const senders = new Set(changed)
    const lowest = new Map<string, number>()
    for (const { sender, nonce } of left) {
      senders.add(sender)
      lowest.set(sender, Math.min(nonce, lowest.get(sender) ?? Infinity))
    }
    for (const [sender, nonce] of lowest) this.keep(sender, nonce)
    for (const { sender, nonce } of joined) {
      senders.add(sender)
      this.keep(sender, Math.max(nonce + 1, this.#nonces.get(sender) ?? 0))
    }
    return senders
  }

  /** Remembers a nonce, if the caller does not know it anyway. The one that was set longest ago is forgotten first. */
  keep(sender: string, nonce: number | undefined): void {
    if (nonce === undefined || this.#options.accountOf?.(sender) !== undefined) return
    this.#nonces.delete(sender)
    this.#nonces.set(sender, nonce)
    if (this.#nonces.size <= this.#options.noncesMax) return
    for (const oldest of this.#nonces.keys()) {
      this.#nonces.delete(oldest)
      break
    }
  }
}
