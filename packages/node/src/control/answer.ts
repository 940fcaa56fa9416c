import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { NodeError, type NodeErrorCode } from '../error.ts'
import { LineSplitter } from './line-splitter.ts'

/** The longest line that a client holds, in bytes. The API's own bounds keep answers far below. */
const lineBytesMax = 67_108_864

/** The answer to a request. Throws the node's own error if it is one. */
export async function answered(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  if (response.statusCode === 200) return response
  throw refusal(response.statusCode ?? 0, await readAll(response))
}

function refusal(status: number, body: string): NodeError {
  const { error } = parse(body) as { error?: { code?: unknown; message?: unknown; hint?: unknown } }
  if (typeof error?.code !== 'string' || typeof error.message !== 'string')
    return new NodeError('internal', `the control API answered with status ${status}`)
  // A code that this version does not know still says more than `internal`.
  return new NodeError(
    error.code as NodeErrorCode,
    error.message,
    typeof error.hint === 'string' ? error.hint : undefined,
  )
}

/** A JSON value. Error `internal` if it is none. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NodeError('internal', 'the control API answered with something other than JSON', undefined, {
      cause: error,
    })
  }
}

/** The whole text of an answer. */
export async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function* splitLines(response: IncomingMessage): AsyncGenerator<string[], void, undefined> {
  const splitter = new LineSplitter(lineBytesMax)
  for await (const chunk of response) {
    const lines: string[] = []
    for (const line of splitter.push(chunk as Buffer)) {
      if (line === undefined) throw new NodeError('internal', 'the control API sent a line without end')
      lines.push(line.toString())
    }
    yield lines
  }
}

/** The values of an answer of one JSON value a line. */
export async function* readLines(response: IncomingMessage): AsyncGenerator<unknown, void, undefined> {
  for await (const lines of splitLines(response)) for (const line of lines) yield parse(line)
}

/** The values of a stream of events. The server writes each event as `id`, `event` and one `data` line; other lines are comments or blank. */
export async function* readEvents(
  response: IncomingMessage,
  onEventId: ((id: string) => void) | undefined,
): AsyncGenerator<unknown, void, undefined> {
  let failed = false
  let id: string | undefined
  for await (const lines of splitLines(response)) {
    for (const line of lines) {
      if (line.startsWith('id: ')) id = line.slice('id: '.length)
      if (line.startsWith('event: ')) failed = line === 'event: error'
      if (!line.startsWith('data: ')) continue
      const data = line.slice('data: '.length)
      if (failed) throw refusal(200, data)
      // Not before its data is here: what was not read is not to be skipped.
      if (id !== undefined) onEventId?.(id)
      yield parse(data)
    }
  }
}
