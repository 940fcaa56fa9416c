import type { ServerResponse } from 'node:http'
import type { ReadyView } from '@grapevine/protocol/control'
import type { Subscription } from '../api.ts'
import { answerError } from './refusal.ts'
import { TextWriter } from './text-writer.ts'

/** What a stream of events needs. */
export interface EventStreamOptions {
  /** How often a comment is sent, so that both ends notice a dead connection, in ms. */
  readonly heartbeatMs: number
  readonly onError: (error: unknown) => void
}

/**
 * Sends a subscription as server-sent events until it or the client ends: `ready` once, then `message` and `gap`;
 * `error` before a premature end. `id` is the subscription's cursor, so that `Last-Event-ID` brings what came since. Nothing is pulled from the subscription while the client does not
 * read, so that it, which knows what is missed, makes the gaps.
 */
export async function sendEvents(
  response: ServerResponse,
  subscription: Subscription,
  options: EventStreamOptions,
): Promise<void> {
  const writer = new TextWriter(response)
  const send = (event: string, data: unknown): void =>
    writer.write(`id: ${subscription.cursor}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  const { peers, consumer } = subscription
  const ready: ReadyView = { ready: peers, ...(consumer && { consumer }) }
  send('ready', ready)
  writer.flush()
  const heartbeat = setInterval(() => {
    if (!writer.full) writer.write(':\n\n')
  }, options.heartbeatMs)
  response.once('close', () => subscription.close())
  try {
    for await (const item of subscription) {
      send('gap' in item ? 'gap' : 'message', item)
      if (writer.full) await writer.room()
      if (response.destroyed) break
    }
  } catch (error) {
    send('error', answerError(error, options.onError).view)
  } finally {
    clearInterval(heartbeat)
    subscription.close()
    writer.end()
  }
}
