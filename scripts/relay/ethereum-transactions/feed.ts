import type { Writable } from 'node:stream'
import type { PoolTransaction } from '@grapevine/protocol/pool'
import type { EthereumTransaction } from './transaction.ts'
import { viewOf } from './view.ts'

/** Somebody who is told of transactions. */
export interface FeedReader {
  /** What it gets of each: its hash or all of it, as a JSON value. */
  readonly kind: 'hash' | 'transaction'
  /** Bytes that it has not taken yet. */
  readonly backlog: () => number
  readonly send: (json: string) => void
  /** Where it is sent: what comes at once goes out at once. */
  readonly stream: Pick<Writable, 'cork' | 'uncork'>
  /** It is too slow. */
  readonly drop: () => void
}

/** Readers at most, and bytes that one may leave lying. */
const [readersMax, backlogMax] = [256, 1 << 20]

/** Tells readers of the transactions that have become ready. A slow one is dropped: it holds up nobody. */
export class TransactionFeed {
  readonly #readers = new Set<FeedReader>()
  readonly #corked = new Set<FeedReader['stream']>()

  get size(): number {
    return this.#readers.size
  }

  /** False if there is no room. */
  add(reader: FeedReader): boolean {
    if (this.#readers.size >= readersMax) return false
    this.#readers.add(reader)
    return true
  }

  delete(reader: FeedReader): void {
    this.#readers.delete(reader)
  }

  announce(transaction: PoolTransaction<EthereumTransaction>): void {
    if (this.#readers.size === 0) return
    const texts: { hash?: string; transaction?: string } = {}
    for (const reader of this.#readers) {
      if (reader.backlog() > backlogMax) {
        this.#readers.delete(reader)
        reader.drop()
        continue
      }
      const { kind } = reader
      texts[kind] ??= JSON.stringify(kind === 'hash' ? transaction.id : viewOf(transaction))
      this.#cork(reader.stream)
      reader.send(texts[kind])
    }
  }

  /** A write for each transaction would cost as much as finding its sender. */
  #cork(stream: FeedReader['stream']): void {
    if (this.#corked.has(stream)) return
    if (this.#corked.size === 0) setImmediate(() => this.#uncork())
    this.#corked.add(stream)
    stream.cork()
  }

  #uncork(): void {
    for (const stream of this.#corked) stream.uncork()
    this.#corked.clear()
  }
}
