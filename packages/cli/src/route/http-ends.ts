import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { CommandError } from '../failure.ts'
import { readWhole } from '../line.ts'
import type { Routed, Target } from './routed.ts'
import type { StreamLog } from './stream-log.ts'

/** Largest body that is taken, in bytes: no topic takes more in one message. */
const bodyBytesMax = 65_536
/** Requests that wait for their messages to arrive. */
const waitingMax = 1_024
const retryMs = { first: 500, max: 60_000 }
const answerMsMax = 30_000

/** Messages that are posted here: answered with 202 once they have arrived. Listens at the address, whose path counts. */
export async function* httpSource(
  address: string,
  { signal, log }: { readonly signal: AbortSignal; readonly log: StreamLog },
): AsyncGenerator<{ readonly message: Routed; readonly done: () => void }, void, undefined> {
  const { host, hostname, port, pathname } = new URL(address)
  const waiting: { readonly message: Routed; readonly done: () => void }[] = []
  let wake: (() => void) | undefined
  let open = 0
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (code: number): void => void response.writeHead(code).end()
    if (isForeign(request, host)) return answer(403)
    if (request.url?.split('?')[0] !== pathname) return answer(404)
    if (request.method !== 'POST') return answer(405)
    if (open >= waitingMax) return answer(503)
    open++
    const payload = await readWhole(request, bodyBytesMax).catch(() => undefined)
    if (payload === undefined) {
      open--
      return answer(413)
    }
    const done = (): void => {
      open--
      answer(202)
    }
    waiting.push({ message: { payload, about: {} }, done })
    wake?.()
  }
  const server = createServer((request, response) => void onRequest(request, response))
  server.listen(Number(port === '' ? 80 : port), hostname.replace(/^\[|\]$/g, ''))
  try {
    await once(server, 'listening', { signal })
  } catch (error) {
    if (signal.aborted) return
    throw new CommandError('listen', `${address}: ${(error as Error).message}`)
  }
  log.say(`takes messages at ${address}`)
  signal.addEventListener('abort', () => wake?.())
  try {
    while (!signal.aborted) {
      const next = waiting.shift()
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else yield next
    }
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** Whether a page in a browser sends it, which may reach this machine where its author cannot: by its origin, or by another name. */
function isForeign({ headers }: IncomingMessage, host: string): boolean {
  const isLoopback = /^(localhost|127\.|\[::1\])/.test(host)
  return headers.origin !== undefined || (isLoopback && headers.host !== host)
}

/** Posts each message, with what is known of it in headers; again until it is taken. A 4xx is a refusal for good. */
export class HttpTarget implements Target {
  readonly #address: string
  readonly #log: StreamLog
  readonly #end = new AbortController()
  #last: Promise<void> = Promise.resolve()

  constructor(address: string, log: StreamLog) {
    this.#address = address
    this.#log = log
  }

  send(message: Routed): Promise<void> {
    this.#last = this.#last.then(() => this.#post(message))
    return this.#last
  }

  async close(): Promise<void> {
    this.#end.abort()
    await this.#last
  }

  async #post({ payload, about: { id, topic, author, time } }: Routed): Promise<void> {
    const { signal } = this.#end
    const known = { id, topic, author, time }
    const headers = Object.entries(known).flatMap(([name, value]) =>
      value === undefined ? [] : [[`x-grapevine-${name}`, value] as [string, string]],
    )
    for (let waitMs = retryMs.first; !signal.aborted; waitMs = Math.min(retryMs.max, 2 * waitMs)) {
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)])
        const body = new Uint8Array(payload)
        const response = await fetch(this.#address, { method: 'POST', body, headers, signal: limit, redirect: 'error' })
        await response.body?.cancel()
        if (response.ok) return this.#log.ready(this.#address)
        const isForGood = response.status >= 400 && response.status < 500 && ![408, 425, 429].includes(response.status)
        if (isForGood) return this.#log.refused(this.#address, `status ${response.status}`)
        throw new Error(`status ${response.status}`)
      } catch (error) {
        if (signal.aborted) return
        this.#log.away(this.#address, (error as Error).cause ?? error)
        await delay(waitMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
