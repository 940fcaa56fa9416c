import type { GapView, Message, PublishView } from '@grapevine/protocol'
import type { PublishOptions, SubscribeOptions } from '../api.ts'
import { NodeError } from '../error.ts'
import type { MessageStream, ReadMessage } from '../history/subscriptions.ts'
import type { Topic, TopicMessage } from './topic.ts'

interface Host {
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<PublishView>
  messages(topics: readonly string[]): AsyncIterable<Message | GapView> & { close(): void }
  stream(topics: readonly string[], options: SubscribeOptions): Promise<MessageStream>
}

/** Where bodies are that messages do not carry. */
interface Bodies {
  /** All of a message's payload; undefined if it is gone. */
  payloadOf(message: Message): Promise<Uint8Array | undefined>
}

/** Where a typed reader begins, and how it reads; see {@link SubscribeOptions}. */
export type ReadOptions = Omit<SubscribeOptions, 'match'>

/** Messages of a topic with their values, and gaps. */
export interface TopicReader<Value> extends AsyncIterable<
  (TopicMessage<Value> & Pick<ReadMessage, 'redelivered' | 'late'>) | GapView
> {
  /** Acknowledges messages of a consumer; resolves when that is on disk. Error `usage` without a consumer. */
  ack(messages: readonly Pick<Message, 'arrival'>[]): Promise<void>
  close(): void
}

/** Typed publish and subscribe on one topic of a node. */
export class TopicHandle<Value> {
  readonly #topic: Topic<Value>
  readonly #host: Host
  readonly #bodies: Bodies

  constructor(topic: Topic<Value>, host: Host, bodies: Bodies) {
    this.#topic = topic
    this.#host = host
    this.#bodies = bodies
  }

  /** Errors as of `Node.publish`; `bad-schema` if the value breaks the topic's rules. */
  publish(value: Value, options?: PublishOptions): Promise<PublishView> {
    return this.#host.publish(this.#topic.name, this.#topic.codec.encode(value), options)
  }

  /**
   * Messages from now on, in order of arrival; every value follows the topic's rules, and payloads are whole, however large. Ends
   * with the node. With options it
   * begins in the past, reads in an order, or goes on as a consumer; then what `Node.subscribe` would refuse with is
   * thrown by the first read.
   *
   * @example
   * ```ts
   * const jobs = node.topic(jobTopic).subscribe({ consumer: 'worker', all: true })
   * for await (const job of jobs) {
   *   if ('gap' in job) continue
   *   await work(job.value)
   *   await jobs.ack([job])
   * }
   * ```
   */
  subscribe(options?: ReadOptions): TopicReader<Value> {
    const { codec, name } = this.#topic
    const bodies = this.#bodies
    const opened = options === undefined ? this.#live(name) : this.#host.stream([name], options)
    // Whoever reads hears of it.
    if (opened instanceof Promise) opened.catch(() => undefined)
    return {
      ack: async (messages) => (await opened).ack(messages),
      close: () => void Promise.resolve(opened).then((stream) => stream.close()),
      async *[Symbol.asyncIterator]() {
        for await (const item of await opened) {
          if ('gap' in item) {
            yield item
            continue
          }
          const payload = item.fetched === undefined ? item.payload : await bodies.payloadOf(item)
          // Retention, or damage, was faster than this reader.
          if (payload === undefined) yield { gap: { missed: 1, topic: name } }
          else yield { ...item, payload, value: codec.decode(payload) }
        }
      },
    }
  }

  /** Begins at once: what is published after this call is read. */
  #live(name: string): Pick<MessageStream, 'ack' | 'close' | typeof Symbol.asyncIterator> {
    const messages = this.#host.messages([name])
    return {
      ack: () => Promise.reject(new NodeError('usage', 'only a consumer acknowledges')),
      close: () => messages.close(),
      [Symbol.asyncIterator]: () => messages[Symbol.asyncIterator](),
    }
  }
}
