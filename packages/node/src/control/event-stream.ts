import type { ServerResponse } from 'node:http'
import { answerError } from './refusal.ts'
import { TextWriter } from './text-writer.ts'

/** What a stream of events needs. */
export interface EventStreamOptions {
  /** How often a comment is sent, so that both ends notice a dead connection, in ms. */
  readonly heartbeatMs: number
  readonly onError: (error: unknown) => void
}

/** Where events come from. */
export interface EventSource<Item> {
  /** `cursor`: the place behind the item that was taken last, where the stream can be resumed. */
  readonly items: AsyncIterable<Item> & { readonly cursor?: string; close(): void }
  readonly nameOf: (item: Item) => string
  /** An event before all others. */
  readonly first?: { readonly event: string; readonly data: unknown }
}

/**
 * Sends items as server-sent events until they or the client end; `error` before a premature end. `id` is the cursor, so
 * that `Last-Event-ID` brings what came since. Nothing is pulled while the client does not read, so that the source, which
 * knows what is missed, makes the gaps.
 */
export async function sendEvents<Item>(
  response: ServerResponse,
  { items, nameOf, first }: EventSource<Item>,
  options: EventStreamOptions,
): Promise<void> {
  const writer = new TextWriter(response)
  const send = (event: string, data: unknown): void => {
    const id = items.cursor === undefined ? '' : `id: ${items.cursor}\n`
    writer.write(`${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  if (first === undefined) response.flushHeaders()
  else {
    send(first.event, first.data)
    writer.flush()
  }
  const heartbeat = setInterval(() => {
    if (!writer.full) writer.write(':\n\n')
  }, options.heartbeatMs)
  response.once('close', () => items.close())
  try {
    for await (const item of items) {
      send(nameOf(item), item)
      if (writer.full) await writer.room()
      if (response.destroyed) break
    }
  } catch (error) {
    send('error', answerError(error, options.onError).view)
  } finally {
    clearInterval(heartbeat)
    items.close()
    writer.end()
  }
}
