import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { MessageView, SubscribeQuery } from '@grapevine/protocol/control'
import { Acknowledger } from '../control/acknowledger.ts'
import type { ControlClient } from '../control/client.ts'
import { NodeError } from '../error.ts'
import { messageOf } from './message.ts'
import type { RelayContext, RelayMessage, RelayTopic } from './relay.ts'

/** What a feed needs of its relay. */
export interface FeedOptions {
  readonly relay: RelayContext
  readonly client: ControlClient
  readonly topic: RelayTopic<unknown> & { readonly onAccept: NonNullable<RelayTopic<unknown>['onAccept']> }
  /** Called once, when the history is through. */
  readonly onCaughtUp: () => void
  readonly onTaken: () => void
  readonly onLost: () => void
  readonly onBack: () => void
}

/** How long to wait before a message is given to `onAccept` again that failed on it, in ms. */
const retryMs = { first: 1_000, max: 60_000 }

/**
 * Gives `onAccept` of one topic what the node accepts, until the relay is to stop. Goes on where it was after the node was
 * away. A failure is logged and counted; for `missed` the message comes again until it succeeds, and the rest waits.
 */
export async function feed(options: FeedOptions): Promise<void> {
  const { relay, client, topic, onCaughtUp, onTaken, onLost, onBack } = options
  const replay = replayOf(topic)
  const lastArrival = replay === 'all' ? await newest(client, topic.name) : 0
  const name = consumerOf(relay.name, topic.name)
  const acks = replay === 'missed' ? new Acknowledger(client, name) : undefined
  let isBehind = lastArrival > 0
  if (!isBehind) onCaughtUp()
  try {
    for await (const item of client.follow('subscribe', queryOf(topic, name), { signal: relay.signal, onLost })) {
      if ('ready' in item) {
        onBack()
        if (item.consumer !== undefined) acks?.begin(item.consumer.session)
      } else if ('gap' in item) {
        relay.log.warn('messages were missed', { topic: topic.name, ...item.gap })
      } else if (acks?.take(item) !== false) {
        if (await take(options, item, acks !== undefined)) acks?.done(item)
        onTaken()
        if (isBehind && (item.arrival ?? Infinity) >= lastArrival) {
          isBehind = false
          onCaughtUp()
        }
      }
    }
  } catch (error) {
    if (!relay.signal.aborted) throw error
  } finally {
    await acks?.flush()
  }
}

/** Whether a message is done. */
async function take({ relay, client, topic }: FeedOptions, view: MessageView, isAgain: boolean): Promise<boolean> {
  let message: RelayMessage<unknown>
  const payload = await client.payload(view, relay.signal).catch((error: unknown) => error)
  if (!(payload instanceof Uint8Array)) {
    relay.log.warn('the body of a message could not be read', {
      topic: topic.name,
      id: view.id,
      error: textOf(payload),
    })
    // Retention has let go of it; else the message comes again when the node is back.
    return payload instanceof NodeError && payload.code === 'not-found'
  }
  try {
    message = messageOf(topic, view, payload)
  } catch (error) {
    // Accepted before this relay judged, or by other rules.
    relay.count('undecodable')
    relay.log.warn('a message that was accepted cannot be read', {
      topic: topic.name,
      id: view.id,
      error: String(error),
    })
    return true
  }
  for (let waitMs = retryMs.first; !relay.signal.aborted; waitMs = Math.min(retryMs.max, 2 * waitMs)) {
    try {
      await topic.onAccept(message, relay)
      return true
    } catch (error) {
      relay.count('errors')
      relay.log.error('onAccept failed', { topic: topic.name, id: view.id, error: textOf(error) })
      if (!isAgain) return true
      await delay(waitMs, undefined, { signal: relay.signal }).catch(() => undefined)
    }
  }
  return false
}

/** Arrival number of the newest message that is kept; 0 without any. */
async function newest(client: ControlClient, topic: string): Promise<number> {
  let arrival = 0
  for await (const item of client.stream('history', { topic, last: 1 })) {
    if ('arrival' in item) arrival = item.arrival ?? 0
  }
  return arrival
}

/** Where nothing is kept there is nothing but what comes. */
const replayOf = ({ replay = 'missed', delivery }: RelayTopic<unknown>): NonNullable<RelayTopic['replay']> =>
  delivery === 'best-effort' ? 'new' : replay

function queryOf(topic: RelayTopic<unknown>, consumer: string): SubscribeQuery {
  const { name } = topic
  const replay = replayOf(topic)
  if (replay === 'new') return { topic: [name] }
  return replay === 'all' ? { topic: [name], all: true } : { topic: [name], all: true, consumer }
}

/** Topics may have other characters than consumers. */
const consumerOf = (relay: string, topic: string): string =>
  `relay.${relay}.${createHash('sha256').update(topic).digest('hex').slice(0, 8)}`

/** What an error of the relay says, with the place where it was thrown; what the node says needs none. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'NodeError' ? error.message : (error.stack ?? error.message)
}
