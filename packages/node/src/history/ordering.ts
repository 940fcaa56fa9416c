import { AuthorOrder, CausalOrder, type GapView, type Message, type Missing, type Ordered } from '@grapevine/protocol'
import type { Store } from '../store/store.ts'
import type { FindId } from './find-id.ts'
import { gapView } from './gap-view.ts'

/** Orders that a reader can ask for. */
type OrderName = 'author' | 'causal'

/** What comes out of a reader with an order. */
export type OrderedItem = { readonly message: Message; readonly late?: true } | GapView

/** What an order asks of the node. */
export interface OrderingOptions {
  readonly order: OrderName
  /** How long to wait for what is missing, in ms. */
  readonly waitMs: number | undefined
  readonly store: Store
  readonly findId: FindId
  /** Ends the source. */
  readonly close: () => void
  /** How far the reader is in the arrival sequence. */
  readonly arrival: () => number
  /** Author time, µs: the reader wants nothing older. */
  readonly since: number
  /** Wall clock in ms when the reader began. */
  readonly startedMs: number
}

/** A reader's messages in an order; what is missing is shown in its place. */
export async function* inOrder(
  source: AsyncIterable<Message | GapView>,
  options: OrderingOptions,
): AsyncGenerator<OrderedItem, void, void> {
  const ordering = options.order === 'author' ? new ByAuthor(options) : new ByParents(options)
  const items = source[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<Message | GapView>> | undefined
  try {
    for (;;) {
      next ??= items.next()
      const found = await beforeWakeup(next, ordering.order.nextWakeup)
      if (found === undefined) {
        for await (const one of ordering.settle(performance.now())) yield shown(one)
        continue
      }
      next = undefined
      if (found.done === true) break
      const item = found.value
      if ('gap' in item) yield item
      else for (const one of await ordering.take(item)) yield shown(one)
      for await (const one of ordering.settle(performance.now())) yield shown(one)
    }
    // Nothing will come any more.
    for await (const one of ordering.settle(Infinity)) yield shown(one)
  } finally {
    // One that waits for its next item would never return.
    options.close()
    await items.return?.()
  }
}

const shown = (item: Ordered): OrderedItem => ('gap' in item ? gapView(item.gap) : item)

/** What a promise gives, or undefined once the time has come. */
async function beforeWakeup<Value>(promise: Promise<Value>, at: number | undefined): Promise<Value | undefined> {
  if (at === undefined) return promise
  let timer: NodeJS.Timeout | undefined
  const due = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, at - performance.now()))
  })
  return Promise.race([promise, due]).finally(() => clearTimeout(timer))
}

class ByAuthor {
  readonly order: AuthorOrder
  readonly #options: OrderingOptions

  constructor(options: OrderingOptions) {
    this.#options = options
    this.order = new AuthorOrder(options.waitMs === undefined ? {} : { waitMs: options.waitMs })
  }

  async take(message: Message): Promise<readonly Ordered[]> {
    if (!this.order.knows(message)) this.order.begin(message, await this.#next(message))
    return this.order.take(message, performance.now())
  }

  async *settle(now: number): AsyncGenerator<Ordered, void, void> {
    for (let due = this.order.overdue(now); due !== undefined; due = this.order.overdue(now)) {
      if (now !== Infinity && !due.isForced && (await this.#isComing(due))) this.order.renew(due, now)
      else yield* this.order.giveUp(due)
    }
  }

  #next(message: Message): number | Promise<number> {
    const { store, startedMs } = this.#options
    const { sequence, epoch, arrival } = message
    // Nothing is known of what is not kept: who began to speak later than we to read is heard from the beginning.
    if (arrival === undefined) return epoch >= startedMs ? 1 : sequence
    return store.ask('life.next', this.#place(message))
  }

  async #isComing({ message, gap }: Missing): Promise<boolean> {
    if (message.arrival === undefined || !('first' in gap)) return false
    return this.#options.store.ask('life.isComing', { ...this.#place(message), first: gap.first })
  }

  #place({ topic, author, epoch, sequence }: Message) {
    const { arrival, since } = this.#options
    return { topic, author: Uint8Array.from(author), epoch, sequence, since, arrival: arrival() }
  }
}

class ByParents {
  readonly order: CausalOrder
  readonly #options: OrderingOptions

  constructor(options: OrderingOptions) {
    this.#options = options
    this.order = new CausalOrder(options.waitMs === undefined ? {} : { waitMs: options.waitMs })
  }

  async take(message: Message): Promise<readonly Ordered[]> {
    const released: Ordered[] = []
    for (const parent of this.order.unknownParents(message)) {
      if ((await this.#placeOf(message.topic, parent)) === 'before')
        released.push(...this.order.begin(message.topic, parent))
    }
    return [...released, ...this.order.take(message, performance.now())]
  }

  async *settle(now: number): AsyncGenerator<Ordered, void, void> {
    for (let due = this.order.overdue(now); due !== undefined; due = this.order.overdue(now)) {
      const { gap, isForced } = due
      const parents = 'parents' in gap ? gap.parents : []
      const places = await Promise.all(parents.map((parent) => this.#placeOf(gap.topic, parent)))
      const missing: Uint8Array[] = []
      for (const [index, parent] of parents.entries()) {
        if (places[index] === 'before') yield* this.order.begin(gap.topic, parent)
        else missing.push(parent)
      }
      if (missing.length === 0) continue
      const mayCome = places.some((place) => place === 'ahead' || place === 'unknown')
      if (now !== Infinity && !isForced && mayCome) this.order.renew(due, now)
      else yield* this.order.giveUp({ ...due, gap: { ...gap, parents: missing } })
    }
  }

  /** Where a parent is in the store, seen from the reader. */
  async #placeOf(topic: string, id: Uint8Array): Promise<'before' | 'ahead' | 'absent' | 'unknown'> {
    const message = await this.#options.findId.whole(topic, id)
    if (typeof message === 'string') return message
    const { arrival = 0, time } = message
    return arrival <= this.#options.arrival() || time < this.#options.since ? 'before' : 'ahead'
  }
}
