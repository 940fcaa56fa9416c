import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { BodyQuery, CallName, HistoryQuery, PublishQuery, Route } from '@grapevine/protocol/control'
import { bodySizeMax } from '@grapevine/protocol/fetch'
import type { NodeApi } from '../api.ts'
import { NodeError } from '../error.ts'
import { type PayloadRoom, readPayload, sendBody } from './body.ts'
import { calls, publishOptions, type CallRequest } from './calls.ts'
import { eventsOf } from './event-sources.ts'
import { sendEvents } from './event-stream.ts'
import { importLines, sendItems } from './item-lines.ts'
import { publishLines } from './publish-lines.ts'
import { askedItems } from './query-calls.ts'
import { answerError, type HttpRefusal } from './refusal.ts'
import { hasBody, readBody, readJson, refuseBody, type BodyLimits } from './request-body.ts'
import { checkParams, matchRoute } from './route-match.ts'
import { validateLines } from './validate-lines.ts'

/** Bounds of the control API. */
export interface ControlLimits {
  /** Longest body, and longest line of a streamed body, in bytes. Default 1 MiB. */
  readonly bodyBytesMax: number
  /** How long a body that is not streamed may take, in ms. Default 15,000. */
  readonly bodyTimeoutMs: number
  /** How often a stream of events has a comment, in ms. Default 15,000. */
  readonly heartbeatMs: number
}

/** What answering requests needs. */
export interface DispatchOptions {
  readonly api: NodeApi
  readonly limits: ControlLimits
  /** Called when the answer to `stop` is out. */
  readonly onStop: () => void
  /** For large payloads. */
  readonly room: PayloadRoom
  /** Errors that are ours. */
  readonly onError: (error: unknown) => void
  /** Aborts when the API closes. */
  readonly closing: AbortSignal
}

/** Decides whether a request may be answered at all. */
export type Guard = (headers: IncomingHttpHeaders) => HttpRefusal | undefined

/** How much of a refused request's body is read away, and for how long, so that its sender gets to see the answer. */
const discardBytesMax = bodySizeMax
const discardMs = 2_000

/** Answers one request. Never throws, never rejects. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard | undefined,
  options: DispatchOptions,
): Promise<void> {
  // A client that leaves shows as an error of either stream; both then close, which is what is acted on.
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const refused = guard?.(request.headers)
    if (refused !== undefined) throw refused
    await dispatch(request, response, { ...options, isLocal: guard === undefined }, gone.signal)
  } catch (error) {
    // Who is gone gets no answer, and its broken-off work is nobody's error.
    if (response.destroyed) return
    const { status, headers, view } = answerError(error, options.onError)
    if (response.headersSent) response.destroy()
    else send(request, response, { status, headers, value: view })
  }
}

async function dispatch(
  request: IncomingMessage,
  response: ServerResponse,
  options: DispatchOptions & { readonly isLocal: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { api, onError, closing, limits, isLocal } = options
  const match = matchRoute(request.method ?? '', request.url ?? '')
  await checkParams(match)
  const { name, route } = match
  if (route.body === undefined) refuseBody(request)
  if (route.isLocal === true && !isLocal)
    throw new NodeError(
      'denied',
      'this is answered on the socket of the home only',
      'use the command line on this machine',
    )

  const after = request.headers['last-event-id']
  const events = await eventsOf(api, match, typeof after === 'string' ? after : undefined)
  if (events !== undefined) {
    const { items } = events
    if (signal.aborted || closing.aborted) return items.close()
    closing.addEventListener('abort', () => items.close(), { once: true, signal })
    return sendEvents(response, events, { heartbeatMs: limits.heartbeatMs, onError })
  }
  if (name === 'history') {
    return sendItems(response, api.history.read(match.params as unknown as HistoryQuery), closing)
  }
  if (name === 'body') return sendBody(response, await api.history.body(match.params as unknown as BodyQuery), closing)
  if (name === 'export') return sendItems(response, api.history.export(String(match.params['topic'])), closing)
  if (name === 'import') {
    const topic = String(match.params['topic'])
    const lineBytesMax = limits.bodyBytesMax
    return importLines(request, response, { api, topic, lineBytesMax, lineSchema: route.line ?? {}, closing, onError })
  }
  if (name === 'validate')
    return validateLines(request, response, { api, topic: String(match.params['topic']), closing })
  if (name === 'publishLines') {
    const query = match.params as unknown as PublishQuery
    if (query.waitPeers !== undefined) await api.waitForPeers(query.topic, publishOptions(query, signal))
    const lineSchema = route.line ?? {}
    const lineBytesMax = limits.bodyBytesMax
    await publishLines(request, response, { api, query, lineBytesMax, lineSchema, signal, closing, onError })
    return
  }
  if (name === 'publish') {
    const params = match.params as unknown as PublishQuery
    const { room } = options
    const given = await readPayload(request, { api, topic: params.topic, room, timeoutMs: limits.bodyTimeoutMs })
    try {
      const value = await calls.publish(api, { params, body: given.payload, signal })
      return send(request, response, { status: 200, headers: {}, value })
    } finally {
      given.done()
    }
  }
  const body = await bodyOf(request, route, { bytesMax: limits.bodyBytesMax, timeoutMs: limits.bodyTimeoutMs })
  if (name === 'query') {
    return sendItems(
      response,
      askedItems(api, match.params, body as Uint8Array, AbortSignal.any([signal, closing])),
      closing,
    )
  }
  // The schemas of the route have checked what the type claims.
  const call = calls[name as CallName] as (api: NodeApi, given: CallRequest<CallName>) => unknown
  const value = await call(api, { params: match.params, body: body as never, signal })
  if (name === 'stop') response.once('close', options.onStop)
  send(request, response, { status: 200, headers: {}, value })
}

function bodyOf(request: IncomingMessage, route: Route, limits: BodyLimits): Promise<unknown> {
  if (route.body === undefined) return Promise.resolve(undefined)
  if (route.body === 'bytes') return readBody(request, limits)
  if (route.body === 'ndjson') throw new NodeError('internal', 'a streamed body belongs to a streamed route')
  return readJson(request, route.body, limits)
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly value: unknown
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, value }: Answer): void {
  const body = Buffer.from(JSON.stringify(value))
  const unread = hasBody(request) && !request.complete
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': body.length,
    // What is left of the body is not worth reading to its end for the sake of a connection.
    ...(unread ? { connection: 'close' } : {}),
  })
  if (!unread) {
    response.end(body)
    return
  }
  // Closing a connection with unread input resets it, and the sender would lose the answer.
  response.write(body)
  let discarded = 0
  const end = (): void => {
    clearTimeout(timer)
    if (!response.writableEnded) response.end()
  }
  const timer = setTimeout(end, discardMs)
  response.once('close', () => clearTimeout(timer))
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length
    if (discarded > discardBytesMax) end()
  })
  request.once('end', end)
  request.resume()
}
