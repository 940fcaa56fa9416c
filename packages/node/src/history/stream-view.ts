import type { Subscription } from '../api.ts'
import { viewMessage } from '../control-view.ts'
import type { MessageStream } from './subscriptions.ts'

/** A stream as the control API shows it: `self` is our own peer id, `peers` how many are connected. */
export function viewStream(
  stream: MessageStream,
  { self, peers }: { readonly self: string; readonly peers: number },
): Subscription {
  return {
    peers: Object.fromEntries(stream.topics.map((topic) => [topic, { peers }])),
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
