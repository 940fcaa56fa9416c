import type { ServerResponse } from 'node:http'
import type { GapView, LogView } from '@grapevine/protocol/control'
import type { EventStreamOptions } from './event-stream.ts'
import { answerError } from './refusal.ts'
import { TextWriter } from './text-writer.ts'

/** Sends lines of the log as server-sent events, `line` or `gap`, until they or the client end. */
export async function sendLog(
  response: ServerResponse,
  lines: AsyncIterable<LogView | GapView> & { close(): void },
  options: EventStreamOptions,
): Promise<void> {
  const writer = new TextWriter(response)
  const send = (event: string, data: unknown): void =>
    writer.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  response.flushHeaders()
  const heartbeat = setInterval(() => {
    if (!writer.full) writer.write(':\n\n')
  }, options.heartbeatMs)
  response.once('close', () => lines.close())
  try {
    for await (const line of lines) {
      send('gap' in line ? 'gap' : 'line', line)
      if (writer.full) await writer.room()
      if (response.destroyed) break
    }
  } catch (error) {
    send('error', answerError(error, options.onError).view)
  } finally {
    clearInterval(heartbeat)
    lines.close()
    writer.end()
  }
}
