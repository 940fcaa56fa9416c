import { randomUUID } from 'node:crypto'
import type { Message } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { Consumer, ConsumerMove } from '../store/consumers.ts'
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
  /** Up to here the disk is told that messages are handed out; and knows it. */
  #marked: number
  #durable: number
  #marking: Promise<unknown> = Promise.resolve()
  #lastHandedOut: number
  #upTo = 0
  #handedOut = 0
  #hasEnded = false
  #wake: (() => void) | undefined

  constructor(options: SessionOptions) {
    const { acked, ahead, handedOut } = options.consumer
    this.#options = options
    this.#handedOutBefore = handedOut
    this.#marked = handedOut
    this.#durable = handedOut
    this.#lastHandedOut = acked
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
    const { window } = this.#options
    this.#upTo = upTo
    while (this.#handedOut >= window && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#hasEnded) return false
    if (arrival > this.#marked) void this.#move(Math.max(arrival, this.#roomBehind(arrival - 1)))
    if (arrival > this.#durable) await this.#marking
    this.#open.set(arrival, true)
    this.#handedOut++
    this.#lastHandedOut = arrival
    return true
  }

  /** Up to where what is in the log already can be handed out next. */
  #roomBehind(arrival: number): number {
    const { window } = this.#options
    return window === 1 ? 0 : Math.min(this.#upTo, arrival + window - this.#handedOut)
  }

  /** Writes where the consumer is, with how far it may be handed messages. */
  #move(handedOut: number, place: Omit<ConsumerMove, 'name'> = {}): Promise<Consumer> {
    const { store, consumer } = this.#options
    const marked = (this.#marked = Math.max(this.#marked, handedOut))
    const moving = store.call('consumer.move', { name: consumer.name, ...place, handedOut: marked })
    this.#marking = moving.then(() => (this.#durable = Math.max(this.#durable, marked)))
    // Who waits for it is told, if anybody does.
    this.#marking.catch(() => {})
    return moving
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
    const ahead = [...this.#ahead].toSorted((one, other) => one - other)
    // With it goes what there is room for now: a commit of its own for each would be the pace of the reader.
    const moving = this.#move(this.#roomBehind(this.#lastHandedOut), { acked: this.#acked, ahead })
    this.#wake?.()
    return (await moving).acked
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#wake?.()
    this.#options.onEnd()
  }
}
