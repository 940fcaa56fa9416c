import { request as httpRequest, type ClientRequest, type OutgoingHttpHeaders } from 'node:http'
import {
  routes,
  type BodyHead,
  type BodyQuery,
  type CallName,
  type Contract,
  type MessageView,
  type Route,
  type RouteName,
  type StreamName,
} from '@grapevine/protocol/control'
import type { Body } from '../api.ts'
import { NodeError } from '../error.ts'
import { answered, parse, readAll, readEvents, readLines } from './answer.ts'
import { follow, type FollowOptions } from './follow.ts'
import { TextWriter } from './text-writer.ts'

export { NodeError, type NodeErrorCode } from '../error.ts'
export { Acknowledger } from './acknowledger.ts'
export type { FollowOptions } from './follow.ts'

/** Where a node's control API is: the socket in its home, or a loopback port with its token. */
export type ControlTarget =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly token: string }

/** What goes with a call: the body if its route takes one, and a signal whose reason the call then fails with. */
export type CallOptions<Name extends RouteName> = {
  readonly signal?: AbortSignal | undefined
} & (Contract[Name] extends {
  readonly body: infer Sent
}
  ? { readonly body: Sent }
  : unknown) &
  (Name extends ResumableName ? EventPlace : unknown)

/** Streams of events that go on where an earlier one was: see {@link EventPlace}. */
export type ResumableName = 'subscribe' | 'stateWatch' | 'sharedWatch'

/** Where a stream of events is to go on, and where it is. */
export interface EventPlace {
  readonly lastEventId?: string | undefined
  /** Called before each event with its id. */
  readonly onEventId?: (id: string) => void
}

/** {@link CallOptions}, which may be left out unless the route takes a body. */
export type CallRest<Name extends RouteName> = Contract[Name] extends { readonly body: unknown }
  ? [options: CallOptions<Name>]
  : [options?: CallOptions<Name>]

interface Given extends EventPlace {
  readonly signal?: AbortSignal | undefined
  readonly body?: unknown
}

/**
 * A client of the control API. Each call has its own connection, so there is nothing to close.
 *
 * Fails with the node's own {@link NodeError}: the same code, message and hint. Beyond those: `not-running` if nothing
 * answers at the target, `stopped` if the node went away during the call, `timeout` if it says nothing to a question for
 * 10 s, `internal` if the answer is not the API's.
 */
export class ControlClient {
  readonly #target: ControlTarget
  readonly #answerMsMax: number

  /** `answerMsMax`: how long a node may take to answer what it answers at once, in ms, where a call brings no signal. */
  constructor(target: ControlTarget, options: { readonly answerMsMax?: number } = {}) {
    this.#target = target
    this.#answerMsMax = options.answerMsMax ?? 10_000
  }

  /** Calls a route that answers with one value. */
  async call<Name extends CallName>(
    name: Name,
    params: Contract[Name]['params'],
    ...rest: CallRest<Name>
  ): Promise<Contract[Name]['answer']> {
    const given: Given = rest[0] ?? {}
    const route: Route = routes[name]
    // What changes something may take as long as it needs; a question is answered at once, unless the process hangs.
    const limit = route.method === 'GET' && !given.signal ? AbortSignal.timeout(this.#answerMsMax) : undefined
    const request = this.#open(route, params, { ...given, signal: given.signal ?? limit })
    try {
      request.end(encodeBody(given.body))
      const response = await answered(request)
      return parse(await readAll(response)) as Contract[Name]['answer']
    } catch (error) {
      if (limit?.aborted !== true) throw this.#translate(error, given.signal)
      const text = `the node has not answered for ${this.#answerMsMax / 1000} s`
      throw new NodeError('timeout', text, 'its process hangs or is stopped; its log: grapevine logs', { cause: error })
    } finally {
      request.destroy()
    }
  }

  /**
   * Calls a route that answers item by item; the call starts with the iteration, and ends when it is left or aborted.
   * Back-pressure holds both ways: a reader that does not read stops the node from sending, and a node that does not
   * read stops the iteration of `body`. An error that `body` throws is thrown here.
   */
  async *stream<Name extends StreamName>(
    name: Name,
    params: Contract[Name]['params'],
    ...rest: CallRest<Name>
  ): AsyncGenerator<Contract[Name]['answer'], void, undefined> {
    const given: Given = rest[0] ?? {}
    const route = routes[name]
    const request = this.#open(route, params, given)
    const isWhole = given.body === undefined || given.body instanceof Uint8Array
    const progress = { sent: 0, done: isWhole }
    let failure: { readonly error: unknown } | undefined
    if (isWhole) request.end(encodeBody(given.body))
    else {
      sendLines(given.body as AsyncIterable<object>, request, progress).catch((error: unknown) => {
        failure = { error }
        request.destroy()
      })
    }
    try {
      const response = await answered(request)
      const items = route.answer === 'events' ? readEvents(response, given.onEventId) : readLines(response)
      let received = 0
      for await (const item of items) {
        received++
        yield item as Contract[Name]['answer']
      }
      // A node that stops answers what is under way, and no more.
      if (route.body === 'ndjson' && route.asks !== true && !(progress.done && received === progress.sent))
        throw new NodeError('stopped', `the node answered only ${received} lines and stopped`)
    } catch (error) {
      if (failure !== undefined) throw failure.error
      throw this.#translate(error, given.signal)
    } finally {
      request.destroy()
    }
  }

  /** The body of a message; reading it is up to the caller, and ends the call. */
  async body({ signal, ...query }: BodyQuery & { readonly signal?: AbortSignal | undefined }): Promise<Body> {
    const request = this.#open(routes.body, query, { signal })
    const translate = (error: unknown): unknown => this.#translate(error, signal)
    try {
      request.end()
      const response = await answered(request)
      const { 'grapevine-id': id = '', 'grapevine-topic': topic = '' } = response.headers as Partial<BodyHead>
      const size = Number(response.headers['content-length'])
      const chunks = async function* (): AsyncGenerator<Uint8Array, void, void> {
        try {
          for await (const chunk of response) yield chunk as Buffer
        } catch (error) {
          throw translate(error)
        } finally {
          request.destroy()
        }
      }
      return { id, topic, size, chunks: chunks() }
    } catch (error) {
      request.destroy()
      throw translate(error)
    }
  }

  /** The payload of a message, which is asked for if the message does not carry it. Errors as {@link ControlClient.body}. */
  async payload({ id, topic, text, base64 }: MessageView, signal?: AbortSignal): Promise<Buffer> {
    if (text !== undefined) return Buffer.from(text)
    if (base64 !== undefined) return Buffer.from(base64, 'base64')
    const { chunks } = await this.body({ id, topic, signal })
    return Buffer.concat(await Array.fromAsync(chunks))
  }

  /** A stream of events that goes on after the node was away: see `follow`. */
  follow<Name extends ResumableName>(
    name: Name,
    params: Contract[Name]['params'],
    options: FollowOptions = {},
  ): AsyncGenerator<Contract[Name]['answer'], void, undefined> {
    return follow(this, { name, params }, options)
  }

  #open(route: Route, params: object, given: Given): ClientRequest {
    given.signal?.throwIfAborted()
    const headers: OutgoingHttpHeaders = { accept: accepts[route.answer] }
    if (route.body !== undefined) headers['content-type'] = contentType(route.body)
    if (given.lastEventId !== undefined) headers['last-event-id'] = given.lastEventId
    if ('token' in this.#target) headers['authorization'] = `Bearer ${this.#target.token}`
    const place =
      'socketPath' in this.#target
        ? { socketPath: this.#target.socketPath }
        : { host: this.#target.host, port: this.#target.port }
    const request = httpRequest({
      ...place,
      method: route.method,
      path: fillPath(route.path, params),
      headers,
      agent: false,
      ...(given.signal === undefined ? {} : { signal: given.signal }),
    })
    // Whoever awaits the answer sees the error; one that comes later must not end the process.
    request.on('error', () => undefined)
    return request
  }

  #translate(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason
    if (error instanceof NodeError || !(error instanceof Error)) return error
    const { code } = error as NodeJS.ErrnoException
    const cause = { cause: error }
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED')
      return new NodeError('not-running', 'no node is running here', 'start it with: grapevine up', cause)
    if (code === 'EACCES' || code === 'EPERM')
      return new NodeError(
        'denied',
        'this user may not open the control socket',
        'run as the user who started the node',
        cause,
      )
    if (code === 'ECONNRESET' || code === 'EPIPE')
      return new NodeError('stopped', 'the node closed the connection', undefined, cause)
    return new NodeError('internal', `control API: ${error.message}`, undefined, cause)
  }
}

const accepts = {
  json: 'application/json',
  events: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  bytes: 'application/octet-stream',
} as const

function contentType(body: NonNullable<Route['body']>): string {
  if (body === 'bytes') return 'application/octet-stream'
  return body === 'ndjson' ? 'application/x-ndjson' : 'application/json'
}

function encodeBody(body: unknown): Uint8Array | string | undefined {
  return body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body)
}

function fillPath(template: string, params: object): string {
  const query = new URLSearchParams()
  const values = new Map<string, unknown>(Object.entries(params))
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.get(name)
    values.delete(name)
    return encodeURIComponent(String(value))
  })
  for (const [name, value] of values) {
    if (value === undefined) continue
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

async function sendLines(
  lines: AsyncIterable<object>,
  request: ClientRequest,
  progress: { sent: number; done: boolean },
): Promise<void> {
  // Headers at once, so that refusals and waiting for peers do not hang on the first line.
  request.flushHeaders()
  const writer = new TextWriter(request)
  for await (const line of lines) {
    writer.write(`${JSON.stringify(line)}\n`)
    progress.sent++
    if (writer.full) await writer.room()
    if (request.destroyed) return
  }
  progress.done = true
  writer.end()
}
