import type { ConsumerView } from '@grapevine/protocol'
import type { ConsumerApi } from '../api.ts'
import { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import type { Consumer } from '../store/consumers.ts'
import type { Store } from '../store/store.ts'
import { readConsumers, writeConsumers } from './consumer-file.ts'
import { ConsumerSession } from './consumer-session.ts'
import type { MessageLog } from './log.ts'
import type { Start, StartOptions } from './start.ts'

/** What consumers need of their node. */
export interface ConsumersOptions {
  readonly home: string
  readonly store: Store
  readonly log: MessageLog
  readonly warnings: PartLog
  readonly startOf: (topics: readonly string[], options: StartOptions) => Promise<Start>
}

/** A reader that wants to be a consumer. */
export interface Attachment {
  /** None: those that the consumer has. */
  readonly topics: readonly string[]
  readonly window: number
  /** Where a new consumer begins. */
  readonly start: StartOptions
}

/** Messages behind a consumer that are counted at most, for people. */
const lagMax = 100_000

/** The named consumers of a node: at most one reader each, at once. */
export class Consumers implements ConsumerApi {
  readonly #options: ConsumersOptions
  readonly #sessions = new Map<string, ConsumerSession>()

  constructor(options: ConsumersOptions) {
    this.#options = options
  }

  /**
   * Looks for consumers that the home knows and the store does not: the store was lost, and is filled anew by peers. They
   * begin again at the beginning of the new log.
   */
  async restore(): Promise<void> {
    const { home, store, warnings } = this.#options
    const there = await store.ask('consumer.list', undefined)
    const isThere = ({ name }: Pick<Consumer, 'name'>): boolean => there.some((consumer) => consumer.name === name)
    // Numbers that the log never gave out are those of another log.
    const { lastArrival } = store.opened
    const strayed = there.filter(({ acked, handedOut }) => Math.max(acked, handedOut) > lastArrival)
    const lost = [...readConsumers(home).filter((saved) => !isThere(saved)), ...strayed]
    for (const saved of lost) {
      const again = { ...saved, acked: 0, ahead: [], handedOut: 0, refilledAt: Date.now() * 1000 }
      await store.call(isThere(saved) ? 'consumer.replace' : 'consumer.create', again)
      warnings.error('the store was lost: a consumer begins again, and what it gets again is marked', {
        consumer: saved.name,
      })
    }
    if (lost.length > 0 || there.length > 0) await this.#save()
  }

  /** Begins a session. Errors: `busy` if another reader has the consumer, `usage` for other topics, `overloaded`. */
  async attach(name: string, { topics, window, start }: Attachment): Promise<ConsumerSession> {
    this.#refuseBusy(name)
    // Taken before the first wait: of two readers that ask at once, one gets it.
    const reservation = {} as ConsumerSession
    this.#sessions.set(name, reservation)
    try {
      const consumer = await this.#open(name, topics, start)
      const { store } = this.#options
      const session = new ConsumerSession({ store, consumer, window, onEnd: () => this.#sessions.delete(name) })
      this.#sessions.set(name, session)
      return session
    } catch (error) {
      this.#sessions.delete(name)
      throw error
    }
  }

  /** Acknowledges what a session handed out. Errors: `not-found` if it has ended, `usage`. */
  async ack(name: string, session: string, arrivals: readonly number[]): Promise<{ readonly acked: number }> {
    const found = this.#sessions.get(name)
    if (found?.id !== session)
      throw new NodeError('not-found', `this reader of consumer ${name} has ended`, 'read again, and acknowledge then')
    return { acked: await found.ack(arrivals) }
  }

  async list(): Promise<readonly ConsumerView[]> {
    const all = await this.#options.store.ask('consumer.list', undefined)
    // One after the other: each looks at what it is behind.
    const views: ConsumerView[] = []
    for (const consumer of all) views.push(await this.#view(consumer))
    return views
  }

  /** Error `not-found`. */
  async show(name: string): Promise<ConsumerView> {
    return this.#view(await this.#known(name))
  }

  /** Errors `not-found`, `busy`. */
  async remove(name: string): Promise<void> {
    this.#refuseBusy(name)
    await this.#known(name)
    await this.#options.store.call('consumer.remove', name)
    await this.#save()
  }

  /** Puts a consumer at another place. What was handed out before stays marked. Errors `not-found`, `busy`. */
  async reset(name: string, start: StartOptions = {}): Promise<ConsumerView> {
    this.#refuseBusy(name)
    const known = await this.#known(name)
    const { arrival, since } = await this.#options.startOf(known.topics, start)
    const moved = { ...known, acked: arrival, ahead: [], since }
    await this.#options.store.call('consumer.replace', moved)
    await this.#save()
    return this.show(name)
  }

  async #open(name: string, topics: readonly string[], start: StartOptions): Promise<Consumer> {
    const known = await this.#options.store.ask('consumer.get', name)
    if (known === undefined) return this.#create(name, topics, start)
    if (topics.length === 0 || known.topics.join() === topics.toSorted().join()) return known
    throw new NodeError(
      'usage',
      `consumer ${name} reads ${known.topics.join(', ')}`,
      `read that, take another name, or: grapevine consumer rm ${name}`,
    )
  }

  async #create(name: string, topics: readonly string[], start: StartOptions): Promise<Consumer> {
    if (topics.length === 0)
      throw new NodeError('not-found', `there is no consumer ${name}`, 'name its topics to make it')
    const { arrival, since } = await this.#options.startOf(topics, start)
    const consumer = await this.#options.store.call('consumer.create', {
      name,
      topics: topics.toSorted(),
      acked: arrival,
      ahead: [],
      handedOut: arrival,
      since,
      refilledAt: 0,
      createdAt: Date.now() * 1000,
    })
    await this.#save()
    return consumer
  }

  async #known(name: string): Promise<Consumer> {
    const known = await this.#options.store.ask('consumer.get', name)
    if (known !== undefined) return known
    throw new NodeError('not-found', `there is no consumer ${name}`, 'see: grapevine consumer ls')
  }

  #refuseBusy(name: string): void {
    if (!this.#sessions.has(name)) return
    throw new NodeError('busy', `consumer ${name} has a reader already`, 'end that one, or take another name')
  }

  async #save(): Promise<void> {
    writeConsumers(this.#options.home, await this.#options.store.ask('consumer.list', undefined))
  }

  async #view(consumer: Consumer): Promise<ConsumerView> {
    const { name, topics, acked, ahead, handedOut, since, refilledAt, createdAt } = consumer
    const done = new Set(ahead)
    let [behind, unacked] = [0, 0]
    for await (const { arrival = 0 } of this.#options.log.messages({ topics, after: acked, since })) {
      if (done.has(arrival)) continue
      behind++
      if (arrival <= handedOut) unacked++
      if (behind > lagMax) break
    }
    return {
      consumer: name,
      topics,
      active: this.#sessions.has(name),
      behind,
      unacked,
      acked,
      created: new Date(createdAt / 1000).toISOString(),
      ...(since > 0 && { since: new Date(since / 1000).toISOString() }),
      ...(refilledAt > 0 && { refilled: new Date(refilledAt / 1000).toISOString() }),
    }
  }
}
