import { type Block, ChainIndex, type ChainMove } from '@grapevine/protocol/chain'
import { type PoolTransaction, TransactionPool } from '@grapevine/protocol/pool'

/** A payment; its sender is who signed the message. */
export interface Payment {
  readonly to: string
  readonly amount: number
  /** How many payments the sender made before. */
  readonly nonce: number
  /** What the proposer gets. */
  readonly fee: number
}

/** A block; its proposer is who signed the message. */
export interface BlockBody {
  /** Message id of the block before; 64 zeros for the first. */
  readonly parent: string
  /** The turn in which it was made: turns are of equal length, and each has its proposer. */
  readonly slot: number
  /** Message ids of payments, in order. */
  readonly payments: readonly string[]
}

/** Who takes turns, and what everybody has at the beginning. All nodes have the same. */
export interface Genesis {
  /** Peer ids. */
  readonly proposers: readonly string[]
  readonly slotMs: number
  readonly balance: number
}

/** What the chain says at a block. */
export interface Books {
  readonly slot: number
  readonly balances: ReadonlyMap<string, number>
  readonly nonces: ReadonlyMap<string, number>
  readonly payments: readonly string[]
}

export const genesisId: string = '0'.repeat(64)
/** Payments in a block at most. */
export const paymentsMax = 200

/** The chain of a node, its books at each block, and the payments that wait. */
export class Ledger {
  readonly genesis: Genesis
  readonly #payments = new Map<string, PoolTransaction<Payment>>()
  readonly #chain: ChainIndex<Books>
  readonly #pool: TransactionPool<Payment>

  constructor(genesis: Genesis) {
    this.genesis = genesis
    const books: Books = { slot: -1, balances: new Map(), nonces: new Map(), payments: [] }
    this.#chain = new ChainIndex<Books>({ root: { id: genesisId, item: books }, finalityDepth: 50 })
    this.#pool = new TransactionPool({
      accountOf: (sender) => ({
        nonce: this.books.nonces.get(sender) ?? 0,
        balance: BigInt(this.balance(sender)),
      }),
    })
  }

  get tip(): Block<Books> {
    return this.#chain.best
  }

  get books(): Books {
    return this.#chain.best.item
  }

  get waiting(): number {
    return this.#pool.size
  }

  balance(account: string, { balances }: Books = this.books): number {
    return balances.get(account) ?? this.genesis.balance
  }

  /** Whose turn a slot is. */
  proposerOf(slot: number): string {
    const { proposers } = this.genesis
    return proposers[slot % proposers.length]!
  }

  /** Takes a payment into the pool; undefined, or why not. */
  pay(id: string, sender: string, { to, amount, nonce, fee }: Payment, now: number): string | undefined {
    const fees = BigInt(fee)
    const item = { to, amount, nonce, fee }
    const payment = { id, sender, nonce, feeCap: fees, tip: fees, size: 100, cost: BigInt(amount + fee), item }
    this.#payments.set(id, payment)
    if (this.#payments.size > 100_000) this.#payments.delete(this.#payments.keys().next().value!)
    const result = this.#pool.add(payment, { peer: sender }, now)
    return result.status === 'refused' ? result.reason : undefined
  }

  has(block: string): boolean {
    return this.#chain.heightOf(block) !== undefined
  }

  /** Payments of a block that are not here. */
  missing({ payments }: BlockBody): readonly string[] {
    return payments.filter((id) => !this.#payments.has(id))
  }

  /** What is wrong with a block whose parent and payments are here; undefined: nothing. */
  faultOf(body: BlockBody, proposer: string): string | undefined {
    const parent = this.#chain.get(body.parent)
    if (parent === undefined) return 'its parent is final, or not here'
    if (body.slot <= parent.item.slot) return 'its turn was before that of its parent'
    if (proposer !== this.proposerOf(body.slot)) return 'it was not its proposer’s turn'
    const books = this.#apply(body, proposer, parent.item)
    return typeof books === 'string' ? books : undefined
  }

  /** Adds a block without a fault. Returns how the best chain moved, if it did. */
  add(id: string, body: BlockBody, proposer: string, now: number): ChainMove<Books> | undefined {
    const parent = this.#chain.get(body.parent)
    const books = parent && this.#apply(body, proposer, parent.item)
    if (books === undefined || typeof books === 'string') return undefined
    const { move } = this.#chain.add({ id, parentId: body.parent, work: 1n, item: books }, proposer, now)
    if (move === undefined) return undefined
    const paid = ({ item }: Block<Books>): PoolTransaction<Payment>[] =>
      item.payments.flatMap((payment) => this.#payments.get(payment) ?? [])
    this.#pool.update({ left: move.left.flatMap(paid), joined: move.joined.flatMap(paid) }, now)
    return move
  }

  /** The block that this node would make now. */
  propose(slot: number): BlockBody {
    const payments: string[] = []
    for (const { id } of this.#pool.best()) if (payments.push(id) === paymentsMax) break
    return { parent: this.tip.id, slot, payments }
  }

  /** The books behind a block, or why there are none. */
  #apply({ slot, payments }: BlockBody, proposer: string, before: Books): Books | string {
    const balances = new Map(before.balances)
    const nonces = new Map(before.nonces)
    const balanceOf = (account: string): number => balances.get(account) ?? this.genesis.balance
    for (const id of payments) {
      const { sender, item } = this.#payments.get(id)!
      if (item.nonce !== (nonces.get(sender) ?? 0)) return `payment ${id} is out of order`
      if (balanceOf(sender) < item.amount + item.fee) return `the sender of payment ${id} has too little`
      nonces.set(sender, item.nonce + 1)
      balances.set(sender, balanceOf(sender) - item.amount - item.fee)
      balances.set(item.to, balanceOf(item.to) + item.amount)
      balances.set(proposer, balanceOf(proposer) + item.fee)
    }
    return { slot, balances, nonces, payments }
  }
}
