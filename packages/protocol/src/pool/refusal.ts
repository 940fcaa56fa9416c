import type { Entry } from './account.ts'
import type { TransactionPoolOptions } from './options.ts'
import type { PoolRefusal } from './transaction.ts'

/** Why a transaction is not taken, by itself and by what its sender has here; `replaced` has its nonce. */
export function refusalOf<T>(
  { transaction, account }: Entry<T>,
  replaced: Entry<T> | undefined,
  options: TransactionPoolOptions & { readonly isLocal: boolean },
): PoolRefusal | undefined {
  const { nonce, size, feeCap, tip, cost = 0n } = transaction
  const { base, balance } = account
  if (size > options.sizeMax) return 'oversize'
  if (!Number.isSafeInteger(nonce) || nonce < 0) return 'nonce'
  if (!options.isLocal && !account.isLocal && (tip < options.tipMin || feeCap < options.tipMin)) return 'underpriced'
  if (nonce < (account.nonce ?? 0)) return 'stale'
  if (base !== undefined && nonce > base + options.nonceAheadMax) return 'far'
  if (balance !== undefined && cost > balance) return 'unaffordable'
  if (replaced === undefined) return undefined
  const other = replaced.transaction
  const isMore = (ours: bigint, theirs: bigint): boolean =>
    ours > theirs && ours * 100n >= theirs * BigInt(100 + options.bumpPercent)
  return isMore(feeCap, other.feeCap) && isMore(tip, other.tip) ? undefined : 'replacement'
}

/** What its sender must give up for a transaction, from the end; undefined if that would be itself. */
export function pushedOut<T>(
  { account, slots, transaction }: Entry<T>,
  replaced: Entry<T> | undefined,
  { accountSlotsMax, accountBytesMax }: TransactionPoolOptions,
): Entry<T>[] | undefined {
  let slotsOver = account.slots + slots - (replaced?.slots ?? 0) - accountSlotsMax
  let bytesOver = account.bytes + transaction.size - (replaced?.transaction.size ?? 0) - accountBytesMax
  let from = account.entries.length
  while (slotsOver > 0 || bytesOver > 0) {
    const last = account.entries[--from]
    if (last === undefined || last.transaction.nonce <= transaction.nonce) return undefined
    slotsOver -= last.slots
    bytesOver -= last.transaction.size
  }
  return account.entries.slice(from)
}
