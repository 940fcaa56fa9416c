import { toHex, type QueryItemView } from '@grapevine/protocol'
import type { QueryAction } from '@grapevine/protocol/query'
import { textOrBase64 } from '../control-view.ts'
import { ItemQueue } from './item-queue.ts'

/** What an asking is about. */
export interface AskingOptions {
  readonly name: string
  /** Peers that are alive and meant, as far as is known. */
  readonly meant: ReadonlySet<string>
  /** Called once all that are meant have said what they had to say. */
  readonly onDone: () => void
}

/** Bytes of answers that may wait for their reader. */
const waitingBytesMax = 16 << 20
/** What an item costs beside its body. */
const itemCost = 256
const silentMax = 100
const reasonBytesMax = 1024

/** What came back to one question of ours, for its reader. */
export class Asking {
  readonly items: ItemQueue<QueryItemView> = new ItemQueue(waitingBytesMax)
  readonly #options: AskingOptions
  readonly #startedAt = performance.now()
  /** Of those that are meant: answers that are still to come; undefined: nobody knows yet. */
  readonly #awaited: Map<string, number | undefined>
  readonly #acknowledged = new Set<string>()
  readonly #answered = new Set<string>()
  readonly #failed = new Set<string>()
  /** Answers of members that have not acknowledged yet. */
  readonly #early = new Map<string, number>()
  #dropped = 0

  constructor(options: AskingOptions) {
    this.#options = options
    this.#awaited = new Map([...options.meant].map((peer) => [peer, undefined]))
  }

  began(id: Uint8Array): void {
    const { name, meant } = this.#options
    this.#push({ type: 'begun', query: toHex(id), name, members: meant.size }, 0)
  }

  take({ responder: peer, index, answers, body, isFailed }: QueryAction & { type: 'response' }): void {
    const ms = this.#ms
    if (index === 0) {
      this.#acknowledged.add(peer)
      this.#push({ type: 'acknowledged', peer, answers, ms }, 0)
      return this.#settle(peer, answers - (this.#early.get(peer) ?? 0))
    }
    if (isFailed) {
      this.#failed.add(peer)
      const reason = Buffer.from(body.subarray(0, reasonBytesMax)).toString()
      this.#push({ type: 'failed', peer, index, reason, ms }, body.length)
    } else {
      this.#answered.add(peer)
      this.#push({ type: 'answer', peer, index, size: body.length, ...textOrBase64(body), ms }, body.length)
    }
    const awaited = this.#awaited.get(peer)
    if (awaited !== undefined) return this.#settle(peer, awaited - 1)
    this.#early.set(peer, (this.#early.get(peer) ?? 0) + 1)
  }

  /** The time is up, or all is said. */
  end(): void {
    const { meant } = this.#options
    const heard = (peer: string): boolean =>
      this.#acknowledged.has(peer) || this.#answered.has(peer) || this.#failed.has(peer)
    this.items.end({
      type: 'ended',
      members: meant.size,
      acknowledged: this.#acknowledged.size,
      answered: this.#answered.size,
      failed: this.#failed.size,
      silent: [...meant].filter((peer) => !heard(peer)).slice(0, silentMax),
      ...(this.#dropped > 0 && { dropped: this.#dropped }),
      ms: this.#ms,
    })
  }

  #settle(peer: string, left: number): void {
    if (!this.#awaited.has(peer)) return
    if (left > 0) return void this.#awaited.set(peer, left)
    this.#awaited.delete(peer)
    if (this.#awaited.size === 0) this.#options.onDone()
  }

  #push(item: QueryItemView, size: number): void {
    if (!this.items.push(item, size + itemCost)) this.#dropped++
  }

  get #ms(): number {
    return Math.round(performance.now() - this.#startedAt)
  }
}
