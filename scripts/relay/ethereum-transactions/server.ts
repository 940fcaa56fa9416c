import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { FeedReader, TransactionFeed } from './feed.ts'
import { answerRpc, failed, RpcError, rpcCode, type RpcTarget } from './json-rpc.ts'
import { serveSocket } from './socket.ts'

/** Bytes of a request; requests under way; connections: at most. */
const [bodyMax, requestsMax, connectionsMax] = [2 << 20, 128, 512]

/** How to serve wallets and readers. */
export interface RpcServerOptions {
  /** On loopback; 0 takes any. */
  readonly port: number
  readonly target: RpcTarget
  readonly feed: TransactionFeed
}

/**
 * JSON-RPC over HTTP POST and WebSocket on `/`, and on `/transactions` the feed as lines of JSON. On loopback, for programs of this
 * machine: pages of browsers, which could reach it too, are kept out by what they send as Host, Origin and content type.
 */
export class RpcServer {
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #options: RpcServerOptions
  #requests = 0

  private constructor(options: RpcServerOptions) {
    this.#options = options
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.maxConnections = connectionsMax
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: bodyMax, perMessageDeflate: false })
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Rejects with the system's error if the port is taken. */
  static async open(options: RpcServerOptions): Promise<RpcServer> {
    const opened = new RpcServer(options)
    opened.#server.listen(options.port, '127.0.0.1')
    await once(opened.#server, 'listening')
    return opened
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const path = request.url?.split('?')[0]
    if (!isLocal(request)) return refuse(response, 403, 'Host and Origin have to be of this machine')
    if (path === '/transactions') {
      if (request.method !== 'GET') return refuse(response, 405, 'expected GET')
      return this.#feed(response)
    }
    if (path !== '/') return refuse(response, 404, 'there are / and /transactions')
    if (request.method !== 'POST') return refuse(response, 405, 'expected POST')
    // What a page may send without asking has another type.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return refuse(response, 415, 'content-type: expected application/json')
    if (this.#requests >= requestsMax)
      return answer(response, 503, failed(null, new RpcError(rpcCode.limit, 'too many requests at once')))
    this.#requests++
    try {
      const body = await readBody(request)
      if (body === undefined) return refuse(response, 413, `at most ${bodyMax} bytes`)
      answer(response, 200, await answerRpc(body, this.#options.target))
    } catch {
      // The request broke off: there is nobody to answer.
      response.destroy()
    } finally {
      this.#requests--
    }
  }

  #feed(response: ServerResponse): void {
    const reader: FeedReader = {
      kind: 'transaction',
      stream: response,
      backlog: () => response.writableLength,
      send: (json) => void response.write(`${json}\n`),
      drop: () => response.destroy(),
    }
    if (!this.#options.feed.add(reader)) return refuse(response, 503, 'too many readers')
    response.on('close', () => this.#options.feed.delete(reader))
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    response.flushHeaders()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (!isLocal(request) || request.url?.split('?')[0] !== '/' || this.#sockets.clients.size >= connectionsMax)
      return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    this.#sockets.handleUpgrade(request, socket, head, (opened) => serveSocket(opened, socket, this.#options))
  }
}

/** Whether a request was meant for this machine, and does not come from a page of elsewhere. */
function isLocal({ headers: { host = '', origin } }: IncomingMessage): boolean {
  return isLoopback(`http://${host}`) && (origin === undefined || isLoopback(origin))
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

/** Undefined if it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > bodyMax) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

function answer(response: ServerResponse, status: number, body: string | undefined): void {
  if (body === undefined) return void response.writeHead(204).end()
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

function refuse(response: ServerResponse, status: number, text: string): void {
  // What was not read of a request cannot be followed by another.
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`)
}
