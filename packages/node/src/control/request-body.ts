import type { IncomingMessage } from 'node:http'
import type { Schema } from '@grapevine/protocol/control'
import { NodeError } from '../error.ts'
import { HttpRefusal } from './refusal.ts'
import { schemaCheck } from './schema-check.ts'

/** Bounds of a body that is read whole. */
export interface BodyLimits {
  readonly bytesMax: number
  readonly timeoutMs: number
  /** So many bytes may take `timeoutMs`; absent: all. */
  readonly pieceSize?: number
}

/** The whole body. Errors: `oversize` (413) beyond `bytesMax`, `timeout` (408) beyond `timeoutMs`, `stopped`. */
export function readBody(
  request: IncomingMessage,
  { bytesMax, timeoutMs, pieceSize = Infinity }: BodyLimits,
): Promise<Buffer> {
  const oversize = (): HttpRefusal => new HttpRefusal(413, 'oversize', `the body is over ${bytesMax} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(oversize())
  const chunks: Buffer[] = []
  let length = 0
  return new Promise<Buffer>((resolve, reject) => {
    // The listeners go with the promise: whoever refuses the request discards the rest.
    const settle = (run: () => void): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      run()
    }
    const onData = (chunk: Buffer): void => {
      if (Math.floor(length / pieceSize) < Math.floor((length + chunk.length) / pieceSize)) timer.refresh()
      length += chunk.length
      if (length > bytesMax) return settle(() => reject(oversize()))
      chunks.push(chunk)
    }
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks, length)))
    const onClose = (): void => settle(() => reject(new NodeError('stopped', 'the request broke off')))
    const onTimeout = (): void =>
      settle(() => reject(new HttpRefusal(408, 'timeout', `the body took more than ${timeoutMs} ms`)))
    const timer = setTimeout(onTimeout, timeoutMs)
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/** A JSON body that fits its schema. Errors: those of {@link readBody}, `usage` (415 or 400). */
export async function readJson(request: IncomingMessage, schema: Schema, limits: BodyLimits): Promise<unknown> {
  if (!/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new HttpRefusal(415, 'usage', 'the body must be of content type application/json')
  const value = parseJson(await readBody(request, limits), 'the body')
  ;(await schemaCheck(schema, 'the body'))(value)
  return value
}

/** Strict UTF-8 and JSON; error `usage`. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (error) {
    throw new NodeError('usage', `${what} is not JSON`, undefined, { cause: error })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Throws `usage` if a request carries a body where none is taken. */
export function refuseBody(request: IncomingMessage): void {
  if (hasBody(request)) throw new NodeError('usage', 'this route takes no body')
}

/** Whether a request says that it has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
