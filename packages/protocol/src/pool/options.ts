import type { AccountFacts } from './transaction.ts'

/** What a transaction pool takes, and how much. Slots are what geth counts in: one for each begun 32 KiB of a transaction. */
export interface TransactionPoolOptions {
  /** Slots of all that is ready. Default 5,120, as in geth. */
  readonly readySlotsMax: number
  /** Bytes of all that is ready. Default 64 MiB. A guess. */
  readonly readyBytesMax: number
  /** Slots of all that is queued. Default 1,024, as in geth. */
  readonly queuedSlotsMax: number
  /** Bytes of all that is queued. Default 16 MiB. A guess. */
  readonly queuedBytesMax: number
  /** Slots of one sender, ready and queued. Default 64: geth's bound for what is queued. */
  readonly accountSlotsMax: number
  /** Bytes of one sender. Default 2 MiB. */
  readonly accountBytesMax: number
  /** Bytes of one transaction. Default 131,072, as in geth. */
  readonly sizeMax: number
  /** How far a nonce may be ahead of the chain's, or of the lowest that is here. Default 1,024. A guess. */
  readonly nonceAheadMax: number
  /** By how many percent a replacement must pay more, in cap and tip. Default 10, as in geth. */
  readonly bumpPercent: number
  /** The least tip. Default 0. */
  readonly tipMin: bigint
  /** How long one is queued, in ms. Default 10,800,000: three hours, as in geth. */
  readonly queuedMs: number
  /** How long one is ready, in ms. Default 1,209,600,000: two weeks, as in Bitcoin Core. */
  readonly readyMs: number
  /** Senders whose nonces are remembered from blocks after their last transaction is gone. Default 16,384. */
  readonly noncesMax: number
  /**
   * What the chain says of a sender; undefined if that is not known: then nonces are known from blocks (`update`) only, and before
   * the first one the lowest that is here counts as the next.
   */
  readonly accountOf?: (sender: string) => AccountFacts | undefined
}

/** The defaults of {@link TransactionPoolOptions}. */
export const transactionPoolOptions: TransactionPoolOptions = Object.freeze({
  readySlotsMax: 5120,
  readyBytesMax: 64 << 20,
  queuedSlotsMax: 1024,
  queuedBytesMax: 16 << 20,
  accountSlotsMax: 64,
  accountBytesMax: 2 << 20,
  sizeMax: 131_072,
  nonceAheadMax: 1024,
  bumpPercent: 10,
  tipMin: 0n,
  queuedMs: 10_800_000,
  readyMs: 1_209_600_000,
  noncesMax: 16_384,
})

/** Bytes of a slot. */
export const slotSize = 32_768
