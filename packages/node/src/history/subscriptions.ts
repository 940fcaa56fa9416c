import { matchTopic, type GapView, type Message } from '@grapevine/protocol'
import type { SubscribeOptions } from '../api.ts'
import { cursorOf, readCursor, type CursorScope } from '../cursor.ts'
import type { Engine } from '../engine.ts'
import { NodeError } from '../error.ts'
import type { NamedPeer } from '../peer/find-peer.ts'
import type { Position, Reader } from '../topic/reader.ts'
import type { ConsumerSession } from './consumer-session.ts'
import { Consumers } from './consumers.ts'
import { FindId } from './find-id.ts'
import { History } from './history.ts'
import { MessageLog } from './log.ts'
import { inOrder, type OrderedItem } from './ordering.ts'
import { findStart, isInPast, type Start, type StartOptions } from './start.ts'
import type { NodeParts } from '../node-parts.ts'

/** A message as a reader gets it. */
export interface ReadMessage extends Message {
  /** It may have been handed out before, to a reader of this consumer that did not acknowledge it. */
  readonly redelivered?: true
  /** What belongs behind it came out before: it was missed for too long. */
  readonly late?: true
}

/** Messages of topics, and gaps. */
export interface MessageStream extends AsyncIterable<ReadMessage | GapView> {
  /** Held topics that it reads. */
  readonly topics: readonly string[]
  /** The place behind the item that was taken last. */
  readonly cursor: string
  /** Set if it reads for a consumer. */
  readonly consumer?: { readonly consumer: string; readonly session: string; readonly refilled?: string }
  /** Acknowledges messages of a consumer; resolves when that is on disk. Error `usage`. */
  ack(messages: readonly { readonly arrival?: number }[]): Promise<void>
  close(): void
}

/** What subscriptions need of their node. */
export interface SubscriptionsOptions {
  readonly engine: Engine
  readonly parts: Pick<NodeParts, 'home' | 'network' | 'epoch' | 'log' | 'identity'>
  /** Holds a topic from now on. */
  readonly hold: (topic: string) => void
  /** Peers that are known by name. */
  readonly knownPeers: () => readonly NamedPeer[]
}

const windowDefault = 1_000

/** Readers of a node: where they begin, in which order they read, and which of them are consumers. */
export class Subscriptions {
  readonly log: MessageLog
  readonly findId: FindId
  readonly consumers: Consumers
  readonly history: History
  readonly #options: SubscriptionsOptions
  readonly #scope: CursorScope

  constructor(options: SubscriptionsOptions) {
    const { engine, hold, knownPeers } = options
    const { home, network, epoch, log, identity } = options.parts
    const { store, logEpoch } = engine.archive
    this.#options = options
    this.#scope = { epoch, logEpoch }
    this.log = new MessageLog(store, network.id)
    this.findId = new FindId({ store, log: this.log, keys: (topic) => engine.memory.heldKeys(topic) })
    this.consumers = new Consumers({
      home,
      store,
      log: this.log,
      warnings: log.part('history'),
      startOf: (topics, start) => this.startOf(topics, start),
    })
    this.history = new History({ engine, subscriptions: this, network, self: identity.peerId, hold, knownPeers })
  }

  /** Errors: `usage`, `not-found`, `busy` (the consumer has a reader), `overloaded` (too many consumers). */
  async open(names: readonly string[], options: SubscribeOptions = {}): Promise<MessageStream> {
    const { engine, hold } = this.#options
    const { match: globs = [], after, consumer, window = windowDefault } = options
    for (const name of names) hold(name)
    if (consumer !== undefined) {
      if (globs.length > 0) throw new NodeError('usage', 'a consumer takes topics by name, and no glob')
      this.#refuseUnkept(names)
      const session = await this.consumers.attach(consumer, { topics: names, window, start: options })
      try {
        return this.#openSession(session, options)
      } catch (error) {
        session.end()
        throw error
      }
    }
    const inPast = isInPast(options) && after === undefined
    if (inPast) this.#refuseUnkept(names)
    const place = after === undefined ? undefined : readCursor(after, this.#scope)
    const begin = inPast ? await this.startOf(this.#matching(names, globs), options) : undefined
    const position = place ?? (begin && { number: 0, arrival: begin.arrival })
    const isTorn = after !== undefined && place === undefined
    const reader = engine.read({ names, globs, isTorn, ...(position && { after: position }) })
    const since = begin?.since ?? sinceOf(options)
    return this.#stream(reader, { since, topics: this.#matching(names, globs), options })
  }

  /** Where a reader begins: by default, now. Errors `usage`, `not-found`. */
  async startOf(topics: readonly string[], options: StartOptions): Promise<Start> {
    const found = isInPast(options) ? await findStart(topics, options, this) : undefined
    return found ?? { arrival: this.#options.engine.topics.last.arrival, since: 0 }
  }

  #openSession(session: ConsumerSession, options: SubscribeOptions): MessageStream {
    const { engine, hold } = this.#options
    const { topics, since } = session.consumer
    for (const topic of topics) hold(topic)
    const reader = engine.read({ names: topics, after: { number: 0, arrival: session.acked } })
    return this.#stream(reader, { since, topics, options, session })
  }

  #stream(
    reader: Reader,
    {
      since,
      topics,
      options: { ordered, gapWaitMs },
      session,
    }: {
      readonly since: number
      readonly topics: readonly string[]
      readonly options: SubscribeOptions
      readonly session?: ConsumerSession
    },
  ): MessageStream {
    const { engine } = this.#options
    const { archive } = engine
    const liveAfter = engine.topics.last.arrival
    /** Read, and not come out yet: by arrival number, ascending. */
    const waiting = new Set<number>()
    const scope = this.#scope
    const wanted = async function* (): AsyncGenerator<Message | GapView, void, void> {
      for await (const item of reader) {
        if ('gap' in item) yield item
        else if (item.time >= since) {
          session?.take(item)
          if (ordered !== undefined && item.arrival !== undefined) waiting.add(item.arrival)
          yield item
        }
      }
    }
    const close = (): void => {
      reader.close()
      session?.end()
    }
    const inTheirOrder = (): AsyncIterable<OrderedItem> => {
      if (ordered === undefined) return unordered(wanted())
      const arrival = (): number => reader.position.arrival
      const { store } = archive
      const startedMs = Date.now()
      const { findId } = this
      return inOrder(wanted(), { order: ordered, waitMs: gapWaitMs, store, findId, arrival, since, startedMs, close })
    }
    return {
      topics,
      close,
      get cursor() {
        return cursorOf(scope, behind(reader.position, waiting))
      },
      ...(session && { consumer: sessionView(session) }),
      async ack(messages) {
        if (session === undefined) throw new NodeError('usage', 'only a consumer acknowledges')
        await session.ack(messages.map(({ arrival = 0 }) => arrival))
      },
      async *[Symbol.asyncIterator]() {
        try {
          for await (const item of inTheirOrder()) {
            if ('gap' in item) {
              yield item
              continue
            }
            const { message, late } = item
            const { arrival } = message
            if (arrival !== undefined) waiting.delete(arrival)
            if (session?.isAcked(arrival ?? 0) === true) continue
            if (session !== undefined && !(await session.handOut(message, engine.topics.last.arrival))) return
            const isOld = arrival !== undefined && arrival <= liveAfter
            yield {
              ...message,
              ...(isOld && { via: 'history' as const }),
              ...(late && { late }),
              ...(session?.isRedelivery(message) === true && { redelivered: true as const }),
            }
          }
        } finally {
          close()
        }
      },
    }
  }

  #matching(names: readonly string[], globs: readonly string[]): readonly string[] {
    const { topics } = this.#options.engine
    return topics.names.filter((name) => names.includes(name) || globs.some((glob) => matchTopic(glob, name)))
  }

  /** A topic that is not kept has no past. Error `usage`. */
  #refuseUnkept(names: readonly string[]): void {
    const { topics } = this.#options.engine
    const loose = names.find((name) => topics.get(name)?.rules.delivery === 'best-effort')
    if (loose === undefined) return
    throw new NodeError(
      'usage',
      `nothing of topic ${loose} is kept: its delivery is best-effort`,
      this.#options.parts.network.dialect === 'pubsub'
        ? 'a network of dialect pubsub keeps nothing'
        : `to keep it from now on: grapevine topic define ${loose} --delivery lossless --replace`,
    )
  }
}

async function* unordered(items: AsyncIterable<Message | GapView>): AsyncGenerator<OrderedItem, void, void> {
  for await (const item of items) yield 'gap' in item ? item : { message: item }
}

/** The place of a reader whose first messages wait for others: before those. */
function behind(position: Position, waiting: ReadonlySet<number>): Position {
  const [first] = waiting
  return first === undefined ? position : { number: 0, arrival: first - 1 }
}

/** The time that a reader who comes back asked for at first. */
function sinceOf({ since }: StartOptions): number {
  return since instanceof Date || (since?.includes('-') ?? false) ? new Date(since!).getTime() * 1000 : 0
}

/** That the log was lost is said until something of the new one is acknowledged. */
const sessionView = ({ id, consumer: { name, acked, refilledAt } }: ConsumerSession) => ({
  consumer: name,
  session: id,
  ...(refilledAt > 0 && acked === 0 && { refilled: new Date(refilledAt / 1000).toISOString() }),
})
