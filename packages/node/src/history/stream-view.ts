import type { Subscription } from '../api.ts'
import { viewMessage } from '../control-view.ts'
import type { TopicViews } from '../topic-views.ts'
import type { MessageStream } from './subscriptions.ts'

/** What the rest of the node knows of a stream. */
export interface StreamFacts {
  /** Our own peer id. */
  readonly self: string
  /** How many are connected. */
  readonly peers: number
  /** Tells how many go by another definition of a topic. */
  readonly views: Pick<TopicViews, 'view'>
}

/** A stream as the control API shows it. */
export function viewStream(stream: MessageStream, { self, peers, views }: StreamFacts): Subscription {
  const ready = (topic: string): Subscription['peers'][string] => {
    const { otherwise } = views.view(topic)
    return otherwise === 0 ? { peers } : { peers, otherwise }
  }
  return {
    peers: Object.fromEntries(stream.topics.map((topic) => [topic, ready(topic)])),
    get cursor() {
      return stream.cursor
    },
    ...(stream.consumer && { consumer: stream.consumer }),
    ack: (messages) => stream.ack(messages),
    close: () => stream.close(),
    async *[Symbol.asyncIterator]() {
      for await (const item of stream) yield 'gap' in item ? item : viewMessage(item, self)
    },
  }
}
