import { Heap, type Placed } from '../heap.ts'
import type { Account, Entry } from './account.ts'
import type { PoolTransaction } from './transaction.ts'

interface Cursor<T> extends Placed {
  readonly account: Account<T>
  entry: Entry<T>
}

/** Ready transactions, the highest fee first, those of an account in order and none behind a negative fee. */
export function* bestOf<T>(accounts: Iterable<Account<T>>): IterableIterator<PoolTransaction<T>> {
  const heap = new Heap<Cursor<T>>(({ entry: a }, { entry: b }) =>
    a.fee === b.fee ? a.order < b.order : a.fee > b.fee,
  )
  for (const account of accounts) {
    const [entry] = account.entries
    if (entry?.status === 'ready' && entry.fee >= 0n) heap.set({ account, entry, place: -1 })
  }
  for (let cursor = heap.first; cursor !== undefined; cursor = heap.first) {
    const { account, entry } = cursor
    yield entry.transaction
    const next = account.entries[account.indexOf(entry.transaction.nonce) + 1]
    if (next?.status === 'ready' && next.fee >= 0n) {
      cursor.entry = next
      heap.set(cursor)
    } else heap.delete(cursor)
  }
}
