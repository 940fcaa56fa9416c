import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const retryMs = 100

/**
 * Sends one command to a redis, `HOST:PORT`, and resolves to the strings of its answer: none for nil, the number of an
 * integer. Waits for a redis that is not up yet. Values are single lines.
 */
export async function redis(address: string, command: readonly string[], signal: AbortSignal): Promise<string[]> {
  using socket = new OpenSocket(await open(address, signal))
  const lines = createInterface({ input: socket.raw, signal })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('redis hung up')
    return value
  }
  const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  socket.raw.write(`*${command.length}\r\n${command.map(bulk).join('')}`)
  const head = await next()
  const rest = head.slice(1)
  if (head.startsWith(':') || head.startsWith('+')) return [rest]
  if (!head.startsWith('*')) throw new Error(`redis answers ${head}`)
  const strings: string[] = []
  for (let at = 0; at < Number(rest); at++) {
    await next()
    strings.push(await next())
  }
  return strings
}

class OpenSocket {
  readonly raw: Socket

  constructor(raw: Socket) {
    this.raw = raw
  }

  [Symbol.dispose](): void {
    this.raw.destroy()
  }
}

async function open(address: string, signal: AbortSignal): Promise<Socket> {
  const [host, port] = address.split(':')
  for (;;) {
    const socket = connect({ host: host!, port: Number(port) })
    try {
      await once(socket, 'connect', { signal })
      return socket
    } catch {
      socket.destroy()
      signal.throwIfAborted()
      await sleep(retryMs, undefined, { signal })
    }
  }
}
