import type { GapView, Message, PublishView } from '@grapevine/protocol'
import type { PublishOptions } from '../api.ts'
import type { Topic, TopicMessage } from './topic.ts'

interface Host {
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<PublishView>
  messages(topics: readonly string[]): AsyncIterable<Message | GapView> & { close(): void }
}

/** Typed publish and subscribe on one topic of a node. */
export class TopicHandle<Value> {
  readonly #topic: Topic<Value>
  readonly #host: Host

  constructor(topic: Topic<Value>, host: Host) {
    this.#topic = topic
    this.#host = host
  }

  /** Errors as of `Node.publish`; `bad-schema` if the value breaks the topic's rules. */
  publish(value: Value, options?: PublishOptions): Promise<PublishView> {
    return this.#host.publish(this.#topic.name, this.#topic.codec.encode(value), options)
  }

  /** Messages from now on, in order of arrival; every value follows the topic's rules. Ends with the node. */
  subscribe(): AsyncIterable<TopicMessage<Value> | GapView> & { close(): void } {
    const messages = this.#host.messages([this.#topic.name])
    const { codec } = this.#topic
    return {
      close: () => messages.close(),
      async *[Symbol.asyncIterator]() {
        for await (const item of messages) yield 'gap' in item ? item : { ...item, value: codec.decode(item.payload) }
      },
    }
  }
}
