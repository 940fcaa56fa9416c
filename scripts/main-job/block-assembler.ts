import { displayOrder, merkleRoot } from './hash.ts'
import { blockHash, decodeHeader, headerId } from './header-rule.ts'
import { isCoinbase, transactionId } from './transaction-rule.ts'

/** A block of which every part arrived and fits. */
export interface AssembledBlock {
  /** The message id of the announcement that it was assembled from, hex. */
  readonly announcement: string
  /** The block's hash in display order, hex. */
  readonly hash: string
  /** The header, 80 bytes. */
  readonly header: Uint8Array
  /** The serialised transactions in block order. */
  readonly transactions: readonly Uint8Array[]
}

/** An announcement that waits for transactions. */
export interface PendingBlock {
  /** The message id of the announcement, hex. */
  readonly announcement: string
  /** The block's hash in display order, hex. */
  readonly hash: string
  /** How many transactions the announcement lists. */
  readonly listed: number
  /** How many of them have not arrived. */
  readonly missing: number
}

/** What became of a part: taken, held already or no longer needed, or refused because the assembler is full. */
export type Added = 'added' | 'duplicate' | 'full'

/** Together under 1 MB. A block has at most one forged announcement for each level of its tree, 11 for 1,841 ids. */
const announcementsMax = 16

/** Twice what an announcement can list, so that transactions of other blocks do not keep one from completing at once. */
const transactionsMax = 4096

/** Bytes of all transactions held. */
const transactionBytesMax = 8_000_000

/** Bitcoin's limit on a block without witness, in bytes (Bitcoin Core, consensus/consensus.h). */
const blockBytesMax = 1_000_000

interface Candidate {
  readonly announcement: string
  readonly hash: string
  readonly header: Uint8Array
  readonly txids: readonly string[]
  readonly missing: Set<string>
}

/**
 * Puts blocks together from accepted announcements and accepted transactions, in whatever order they come.
 *
 * A block is complete once every listed transaction is here *and* the Merkle root over the ids computed from their bytes is
 * the header's. That also settles the doubt that `judgeHeader` leaves: bytes whose hash is an inner hash of the tree
 * would be a transaction of 64 bytes, and `judgeTransaction` accepts none. Other announcements of the block then go.
 *
 * Holds at most 16 announcements, 4,096 transactions and 8 MB of them, all for its whole life: make one for each job.
 */
export class BlockAssembler {
  readonly #candidates = new Map<string, Candidate>()
  readonly #transactions = new Map<string, Uint8Array>()
  #transactionBytes = 0
  readonly #blocks = new Map<string, AssembledBlock>()

  /** The complete blocks, in order of completion. */
  get blocks(): readonly AssembledBlock[] {
    return [...this.#blocks.values()]
  }

  /** The announcements that wait, in order of arrival. */
  get pending(): readonly PendingBlock[] {
    return [...this.#candidates.values()].map(({ announcement, hash, txids, missing }) => {
      return { announcement, hash, listed: txids.length, missing: missing.size }
    })
  }

  /** Adds a payload that `judgeHeader` accepted; keeps a view of it. Throws RangeError if it is malformed. */
  addHeader(payload: Uint8Array): Added {
    const decoded = decodeHeader(payload)
    if (decoded === undefined) throw new RangeError('payload: expected an accepted announcement')
    const announcement = hex(headerId(payload))
    const hash = hex(blockHash(decoded.header))
    if (this.#candidates.has(announcement) || this.#blocks.has(hash)) return 'duplicate'
    if (this.#candidates.size + this.#blocks.size >= announcementsMax) return 'full'
    const txids = decoded.txids.map((id) => hex(displayOrder(id)))
    const missing = new Set(txids.filter((id) => !this.#transactions.has(id)))
    const candidate = { announcement, hash, header: decoded.header, txids, missing }
    this.#candidates.set(announcement, candidate)
    this.#complete(candidate)
    return 'added'
  }

  /** Adds a payload that `judgeTransaction` accepted; keeps it. */
  addTransaction(raw: Uint8Array): Added {
    const id = hex(transactionId(raw))
    if (this.#transactions.has(id)) return 'duplicate'
    if (this.#transactions.size >= transactionsMax) return 'full'
    if (this.#transactionBytes + raw.length > transactionBytesMax) return 'full'
    this.#transactions.set(id, raw)
    this.#transactionBytes += raw.length
    for (const candidate of this.#candidates.values()) {
      if (candidate.missing.delete(id)) this.#complete(candidate)
    }
    return 'added'
  }

  #complete({ announcement, hash, header, txids, missing }: Candidate): void {
    if (missing.size > 0) return
    this.#candidates.delete(announcement)
    const transactions = txids.map((id) => this.#transactions.get(id)!)
    if (!isBlock(header, transactions)) return
    this.#blocks.set(hash, { announcement, hash, header, transactions })
    for (const other of this.#candidates.values()) if (other.hash === hash) this.#candidates.delete(other.announcement)
  }
}

/** Root, size and place of the coinbase: what of Bitcoin Core's CheckBlock the two topics' rules do not cover. */
function isBlock(header: Uint8Array, transactions: readonly Uint8Array[]): boolean {
  const root = merkleRoot(transactions.map((raw) => displayOrder(transactionId(raw))))
  if (!Buffer.from(root).equals(header.subarray(36, 68))) return false
  if (transactions.reduce((sum, raw) => sum + raw.length, headerBytesAndCount) > blockBytesMax) return false
  return transactions.every((raw, i) => isCoinbase(raw) === (i === 0))
}

/** Header, and the count of transactions in the three bytes that 253 to 65,535 of them take. */
const headerBytesAndCount = 83

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
