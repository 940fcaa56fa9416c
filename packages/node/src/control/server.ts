import { once } from 'node:events'
import { chmod, lstat, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { BlockList, isIP, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { isMainThread } from 'node:worker_threads'
import type { NodeApi } from '../api.ts'
import { NodeError } from '../error.ts'
import { PayloadRoom } from './body.ts'
import { answerRequest, type ControlLimits, type DispatchOptions, type Guard } from './dispatch.ts'
import { createGuard } from './guard.ts'

export type { ControlLimits } from './dispatch.ts'

/** The default {@link ControlLimits}. */
const controlLimits: ControlLimits = Object.freeze({
  bodyBytesMax: 1_048_576,
  bodyTimeoutMs: 15_000,
  heartbeatMs: 15_000,
})

/** Where and how the control API is served. */
export interface ControlOptions {
  /** At most 100 bytes. What is there already is removed if it is a socket: the caller holds the home's lock. */
  readonly socketPath: string
  /** A loopback address and port (0: any free one) to serve on as well, with a token of at least 32 characters. */
  readonly tcp?: { readonly host: string; readonly port: number; readonly token: string }
  /** Called when a client has asked for the node to stop, and been answered. */
  readonly onStop: () => void
  /** Takes errors that are not the caller's: bugs, for the log. */
  readonly onError?: (error: unknown) => void
  readonly limits?: Partial<ControlLimits>
}

/** A served control API. */
export interface Control {
  /** Where it is served. */
  readonly address: { readonly socketPath: string; readonly tcp?: { readonly host: string; readonly port: number } }
  /** Ends all streams, answers what is under way for at most 3 s, and removes the socket. */
  close(): Promise<void>
}

/** How long answers under way may take when the API closes, in ms. */
const closeMs = 3_000

/**
 * Serves a node's control API. Errors: `listen` if an address cannot be had, `config` if `tcp` is not loopback or its
 * token is short.
 */
export async function startControl(api: NodeApi, options: ControlOptions): Promise<Control> {
  const { socketPath, tcp } = options
  if (tcp !== undefined) checkTcp(tcp)
  const closing = new AbortController()
  const dispatch: DispatchOptions = {
    api,
    limits: { ...controlLimits, ...options.limits },
    room: new PayloadRoom(),
    onStop: options.onStop,
    onError: options.onError ?? (() => undefined),
    closing: closing.signal,
  }
  const servers = [await listenOnSocket(socketPath, dispatch)]
  let address: Control['address'] = { socketPath }
  if (tcp !== undefined) {
    try {
      const { server, port } = await listenOnPort(tcp, dispatch)
      servers.push(server)
      address = { socketPath, tcp: { host: tcp.host, port } }
    } catch (error) {
      await Promise.all(servers.map(closeServer))
      throw error
    }
  }
  let closed: Promise<unknown> | undefined
  return {
    address,
    close: async () => {
      closing.abort()
      await (closed ??= Promise.all(servers.map(closeServer)))
    },
  }
}

async function listenOnSocket(socketPath: string, dispatch: DispatchOptions): Promise<Server> {
  const present = await lstat(socketPath).catch(() => undefined)
  if (present !== undefined && !present.isSocket())
    throw new NodeError('listen', `${socketPath} is in the way: it is not a socket`, 'move it away')
  if (present !== undefined) await rm(socketPath, { force: true })
  const server = newServer()
  serve(server, undefined, dispatch)
  // The mask covers the moment between bind, which listen does at once, and chmod. A worker has no mask of its own.
  const mask = isMainThread ? process.umask(0o177) : undefined
  try {
    server.listen(socketPath)
  } finally {
    if (mask !== undefined) process.umask(mask)
  }
  await listening(server, socketPath)
  await chmod(socketPath, 0o600)
  return server
}

async function listenOnPort(
  tcp: NonNullable<ControlOptions['tcp']>,
  dispatch: DispatchOptions,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = newServer()
  server.listen(tcp.port, tcp.host)
  await listening(server, `${tcp.host} port ${tcp.port}`)
  const { port } = server.address() as AddressInfo
  // The guard needs the port; until it is there, no request is answered.
  serve(server, createGuard({ ...tcp, port, now: () => performance.now() }), dispatch)
  return { server, port }
}

function newServer(): Server {
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: 16_384,
    headersTimeout: 5_000,
    // Streams last as long as they like; other bodies are timed where they are read.
    requestTimeout: 0,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  })
  server.maxConnections = 256
  server.maxHeadersCount = 100
  return server
}

function serve(server: Server, guard: Guard | undefined, dispatch: DispatchOptions): void {
  const answering = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (request, response) => {
    answering.set(request.socket, response)
    void answerRequest(request, response, guard, dispatch)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || answering.get(socket)?.headersSent === true) {
      socket.destroy()
      return
    }
    socket.end(rawRefusal(error.code), () => socket.destroy())
  })
}

/** What is not even HTTP is answered without a response object. */
function rawRefusal(code: string | undefined): string {
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'the headers are too large']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the headers took too long']
        : ['400 Bad Request', 'the request is not HTTP']
  const body = JSON.stringify({ error: { code: 'usage', message } })
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`
}

async function listening(server: Server, place: string): Promise<void> {
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new NodeError('listen', `the control API cannot listen on ${place}`, undefined, { cause: error })
  }
  // Such as running out of descriptors in accept: the listener lives on.
  server.on('error', () => undefined)
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), closeMs)
  await closed
  clearTimeout(timer)
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function checkTcp({ host, token }: NonNullable<ControlOptions['tcp']>): void {
  const version = isIP(host)
  if (host !== 'localhost' && !(version !== 0 && loopback.check(host, version === 4 ? 'ipv4' : 'ipv6')))
    throw new NodeError('config', 'the control API is served on loopback only', 'listen on 127.0.0.1')
  if (token.length < 32) throw new NodeError('config', 'the token of the control API has fewer than 32 characters')
}
