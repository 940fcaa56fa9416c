import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ControlClient } from '../../src/control/client.ts'
import { startControl, type Control, type ControlLimits } from '../../src/control/server.ts'
import { EchoNode } from './echo-node.ts'

export const token = 'a'.repeat(43)

/** A served echo node; all of it ends with the test. */
export interface ServedEcho {
  readonly node: EchoNode
  readonly control: Control
  readonly client: ControlClient
  readonly socketPath: string
  readonly port: number
  /** What the server reported as its own errors. */
  readonly errors: unknown[]
  /** How often a client asked to stop. */
  readonly stops: () => number
  /** A plain connection to the socket. */
  readonly connect: () => Socket
}

export async function serveEcho(limits: Partial<ControlLimits> = {}): Promise<ServedEcho> {
  const folder = await mkdtemp(join(tmpdir(), 'gv-control-'))
  const socketPath = join(folder, 'api.sock')
  const node = new EchoNode()
  const errors: unknown[] = []
  let stops = 0
  const control = await startControl(node, {
    socketPath,
    tcp: { host: '127.0.0.1', port: 0, token },
    onStop: () => stops++,
    onError: (error) => errors.push(error),
    limits,
  })
  const sockets: Socket[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await control.close()
    await rm(folder, { recursive: true })
  })
  return {
    node,
    control,
    client: new ControlClient({ socketPath }),
    socketPath,
    port: control.address.tcp!.port,
    errors,
    stops: () => stops,
    connect: () => {
      const socket = connect(socketPath)
      socket.on('error', () => undefined)
      sockets.push(socket)
      return socket
    },
  }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly code: string
  readonly message: string
}

/** A request that no proper client would send. */
export function send(
  place: { readonly socketPath: string } | { readonly port: number },
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer | Iterable<Buffer>,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', ...place, method, path, headers, agent: false })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => {
        request.destroy()
        const { error } = JSON.parse(text) as { error?: { code: string; message: string } }
        const { code = '', message = '' } = error ?? {}
        resolve({ status: response.statusCode!, headers: response.headers, code, message })
      })
    })
    if (body === undefined || typeof body === 'string' || body instanceof Buffer) {
      request.end(body)
      return
    }
    const chunks = body[Symbol.iterator]()
    const next = (): void => {
      const chunk = chunks.next()
      if (chunk.done === true) request.end()
      else if (!request.destroyed) request.write(chunk.value, () => setImmediate(next))
    }
    next()
  })
}

/** Resolves once the condition holds; it is looked at in every turn of the event loop. The test's timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
