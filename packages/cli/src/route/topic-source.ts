import { Acknowledger, type ControlClient } from '@grapevine/node/client'
import { type Routed, routedOf } from './routed.ts'
import type { StreamLog } from './stream-log.ts'

/** What reading a topic needs. */
export interface TopicSourceOptions {
  readonly client: ControlClient
  readonly topic: string
  /** Keeps the place, over restarts of both sides. */
  readonly consumer: string
  readonly isFromStart: boolean
  readonly signal: AbortSignal
  readonly log: StreamLog
}

/** Messages of a topic, each again until it is done. A topic that keeps nothing has no consumers: what comes, once. */
export async function* topicSource({
  client,
  topic,
  consumer,
  isFromStart,
  signal,
  log,
}: TopicSourceOptions): AsyncGenerator<{ readonly message: Routed; readonly done: () => void }, void, undefined> {
  await client.call('topicHold', {}, { body: { topic } })
  const { definition } = await client.call('topicShow', { topic })
  const isKept = definition.delivery === 'lossless'
  const acks = isKept ? new Acknowledger(client, consumer) : undefined
  const start = isFromStart ? { all: true } : {}
  const query = isKept ? { topic: [topic], consumer, ...start } : { topic: [topic] }
  const onLost = (error: Error): void => log.away(`topic ${topic}`, error)
  try {
    for await (const item of client.follow('subscribe', query, { signal, onLost })) {
      if ('ready' in item) {
        if (item.consumer !== undefined) acks?.begin(item.consumer.session)
        log.ready(`topic ${topic}`)
      } else if ('gap' in item) {
        log.say(`messages of ${topic} were missed`)
      } else if (acks?.take(item) !== false) {
        yield { message: routedOf(item, await client.payload(item)), done: () => acks?.done(item) }
      }
    }
  } finally {
    await acks?.flush()
  }
}
