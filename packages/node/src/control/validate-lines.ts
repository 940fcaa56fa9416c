import type { IncomingMessage, ServerResponse } from 'node:http'
import type { NodeApi } from '../api.ts'

/**
 * Takes a client as the validator of a topic: a message a line out, an answer a line in, until either side ends. What it
 * did not answer is asked of the next one.
 */
export async function validateLines(
  request: IncomingMessage,
  response: ServerResponse,
  { api, topic, closing }: { readonly api: NodeApi; readonly topic: string; readonly closing: AbortSignal },
): Promise<void> {
  const begin = (): void => {
    if (response.headersSent) return
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-accel-buffering': 'no' })
    response.flushHeaders()
  }
  const session = api.validators.serve(topic, {
    write: (text) => {
      begin()
      if (!response.writableEnded) response.write(text)
    },
    get isFull() {
      return response.writableNeedDrain
    },
    end: () => {
      // Whatever it still says answers nothing; before it is cut off it gets to read the end.
      response.end(() => request.complete || request.destroy())
    },
  })
  begin()
  response.on('drain', () => session.resume())
  closing.addEventListener('abort', () => session.gone(), { once: true })
  try {
    // Not before: no message comes in unjudged.
    await api.hold(topic)
    for await (const chunk of request) session.hear(chunk as Buffer)
  } catch {
    // The client is gone.
  } finally {
    session.gone()
  }
}
