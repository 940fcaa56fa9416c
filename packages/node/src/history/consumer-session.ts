import { randomUUID } from 'node:crypto'
import type { Message } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { Consumer } from '../store/consumers.ts'
import type { Store } from '../store/store.ts'

/** What a session needs. */
export interface SessionOptions {
  readonly store: Store
  readonly consumer: Consumer
  /** Messages that are handed out and not acknowledged, at once. */
  readonly window: number
  readonly onEnd: () => void
}

/**
 * One reader of a named consumer, from its start to its end. What it hands out is marked on disk before, so that a crash
 * of either side can be told from what was never handed out.
 */
export class ConsumerSession {
  /** Names the session in acknowledgements. */
  readonly id: string = randomUUID()
  readonly #options: SessionOptions
  /** What was handed out before this session began. */
  readonly #handedOutBefore: number
  /** Numbers that were read and are not acknowledged, ascending; true once they are handed out. */
  readonly #open = new Map<number, boolean>()
  readonly #ahead: Set<number>
  #acked: number
  #read: number
  #marked: number
  #handedOut = 0
  #hasEnded = false
  #wake: (() => void) | undefined

  constructor(options: SessionOptions) {
    const { acked, ahead, handedOut } = options.consumer
    this.#options = options
    this.#handedOutBefore = handedOut
    this.#marked = handedOut
    this.#acked = acked
    this.#read = acked
    this.#ahead = new Set(ahead)
  }

  get consumer(): Consumer {
    return this.#options.consumer
  }

  /** Everything up to here is acknowledged. */
  get acked(): number {
    return this.#acked
  }

  /** A message was read from the log: it is the session's to hand out. Numbers ascend. */
  take({ arrival = 0 }: Message): void {
    this.#read = arrival
    if (!this.isAcked(arrival)) this.#open.set(arrival, false)
  }

  isAcked(arrival: number): boolean {
    return arrival <= this.#acked || this.#ahead.has(arrival)
  }

  /** Whether a message may have been handed out before. */
  isRedelivery({ arrival = 0, time }: Message): boolean {
    return arrival <= this.#handedOutBefore || time < this.consumer.refilledAt
  }

  /**
   * Waits until a message may be handed out; false if the session ended. `upTo`: what is in the log already and will be
   * handed out too is marked with it.
   */
  async handOut({ arrival = 0 }: Message, upTo: number): Promise<boolean> {
    const { store, consumer, window } = this.#options
    while (this.#handedOut >= window && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#hasEnded) return false
    if (arrival > this.#marked) {
      this.#marked = window === 1 ? arrival : Math.max(arrival, Math.min(upTo, arrival + window - this.#handedOut - 1))
      await store.call('consumer.move', { name: consumer.name, handedOut: this.#marked })
    }
    this.#open.set(arrival, true)
    this.#handedOut++
    return true
  }

  /** Acknowledges messages by their arrival numbers; resolves when that is on disk. Error `usage` for what was not handed out. */
  async ack(arrivals: readonly number[]): Promise<number> {
    const unknown = arrivals.find((arrival) => this.#open.get(arrival) !== true && !this.isAcked(arrival))
    if (unknown !== undefined) throw new NodeError('usage', `message ${unknown} was not handed out by this reader`)
    for (const arrival of arrivals) {
      if (!this.#open.delete(arrival)) continue
      this.#handedOut--
      this.#ahead.add(arrival)
    }
    const [first] = this.#open.keys()
    this.#acked = Math.max(this.#acked, first === undefined ? this.#read : first - 1)
    for (const arrival of this.#ahead) if (arrival <= this.#acked) this.#ahead.delete(arrival)
    this.#wake?.()
    const ahead = [...this.#ahead].toSorted((one, other) => one - other)
    const { store, consumer } = this.#options
    return (await store.call('consumer.move', { name: consumer.name, acked: this.#acked, ahead })).acked
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#wake?.()
    this.#options.onEnd()
  }
}
