import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageSizeMax } from '@grapevine/protocol'
import type { BodyHead } from '@grapevine/protocol/control'
import { bodySizeMax } from '@grapevine/protocol/fetch'
import type { Body, NodeApi } from '../api.ts'
import { NodeError } from '../error.ts'
import { readBody } from './request-body.ts'
import { TextWriter } from './text-writer.ts'

/** Bytes of large payloads that clients may be sending, and the node taking, at once: two of the largest. */
const payloadBytesMax = 2 * bodySizeMax

const pieceSize = 1_048_576

/** Room for payloads in memory, shared by all clients of a control API. */
export class PayloadRoom {
  #bytes = 0

  /**
   * Takes room, and returns what gives it back. Error `overloaded`: there is none.
   */
  take(bytes: number): () => void {
    if (this.#bytes + bytes > payloadBytesMax)
      throw new NodeError(
        'overloaded',
        'too many large messages are being published at once',
        'publish them one by one',
      )
    this.#bytes += bytes
    return () => void (this.#bytes -= bytes)
  }
}

/** What reading a payload needs. */
export interface PayloadOptions {
  readonly api: NodeApi
  readonly topic: string
  readonly room: PayloadRoom
  /** For each MiB, in ms. */
  readonly timeoutMs: number
}

/**
 * The body of a publish: up to what its topic takes, so that what is refused is not read first. `done` gives its room in
 * memory back. Errors: `oversize`, `overloaded`, `timeout`, `stopped`.
 */
export async function readPayload(
  request: IncomingMessage,
  { api, topic, room, timeoutMs }: PayloadOptions,
): Promise<{ readonly payload: Uint8Array; readonly done: () => void }> {
  const { headers } = request
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  if (length !== undefined && length <= messageSizeMax)
    return { payload: await readBody(request, { bytesMax: messageSizeMax, timeoutMs }), done: () => undefined }
  const { bytesMax, hint } = await payloadMax(api, topic)
  if (length !== undefined && length > bytesMax)
    throw new NodeError('oversize', `a message of ${length} bytes; ${topic} takes ${bytesMax} at most`, hint)
  const done = room.take(length ?? bytesMax)
  try {
    return { payload: await readBody(request, { bytesMax, timeoutMs, pieceSize }), done }
  } catch (error) {
    done()
    throw error
  }
}

/** What a topic takes, and what to do with more. */
async function payloadMax(api: NodeApi, topic: string): Promise<{ readonly bytesMax: number; readonly hint: string }> {
  const announce = `a topic takes up to 32 MiB if it is announced: grapevine topic define ${topic} --dissemination hybrid:56KiB`
  try {
    const { definition, isDefault } = await api.showTopic(topic)
    const hint = isDefault ? announce : `see the rules with: grapevine topic show ${topic}`
    return { bytesMax: definition.messageBytesMax, hint }
  } catch (error) {
    // It is held from now on, by the rules of a topic that nobody defined.
    if (error instanceof NodeError && error.code === 'not-held') return { bytesMax: messageSizeMax, hint: announce }
    throw error
  }
}

/** Sends a body as fast as the client reads it. What fails before its first bytes is thrown; what fails later cuts it off. */
export async function sendBody(response: ServerResponse, body: Body, closing: AbortSignal): Promise<void> {
  const { id, topic, size, chunks } = body
  const iterator = chunks[Symbol.asyncIterator]()
  const writer = new TextWriter(response)
  try {
    let next = await iterator.next()
    const head: BodyHead = { 'grapevine-id': id, 'grapevine-topic': topic }
    response.writeHead(200, { ...head, 'content-type': 'application/octet-stream', 'content-length': size })
    for (; next.done !== true; next = await iterator.next()) {
      response.write(next.value)
      if (writer.full) await writer.room()
      if (closing.aborted) throw new NodeError('stopped', 'the node is stopping')
      if (response.destroyed) return
    }
    response.end()
  } finally {
    await iterator.return?.()
  }
}
