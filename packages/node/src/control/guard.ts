import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { HttpRefusal } from './refusal.ts'

/** Wrong tokens within a minute after which a listener takes no token at all for the rest of it. */
const failuresMax = 10
const failureWindowMs = 60_000

/** Where a guarded listener is. */
export interface GuardOptions {
  /** The address listened on. */
  readonly host: string
  readonly port: number
  readonly token: string
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/**
 * Decides which requests on a TCP port are the user's own. A web page can send requests to a loopback port, from its
 * own origin or through a name that it points there (DNS rebinding), so Host and Origin are checked before the token.
 * Only wrong tokens count as failures: a page can send none, and so cannot lock the user out.
 */
export function createGuard(options: GuardOptions): (headers: IncomingHttpHeaders) => HttpRefusal | undefined {
  const names = ['localhost', '127.0.0.1', '[::1]', options.host.includes(':') ? `[${options.host}]` : options.host]
  const hosts = new Set(names.map((name) => `${name}:${options.port}`))
  const expected = digest(options.token)
  let failures: number[] = []

  return (headers) => {
    if (!hosts.has(headers.host?.toLowerCase() ?? '')) return new HttpRefusal(403, 'denied', 'this Host is not served')
    const { origin } = headers
    if (origin !== undefined && !(origin.startsWith('http://') && hosts.has(origin.slice('http://'.length))))
      return new HttpRefusal(403, 'denied', 'this Origin is not allowed')

    const token = /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1]
    if (token === undefined)
      return new HttpRefusal(401, 'denied', 'a bearer token is needed', { 'www-authenticate': 'Bearer' })
    const now = options.now()
    failures = failures.filter((at) => at > now - failureWindowMs)
    if (failures.length >= failuresMax)
      return new HttpRefusal(429, 'overloaded', 'too many wrong tokens; wait a minute', { 'retry-after': '60' })
    if (timingSafeEqual(digest(token), expected)) return undefined
    failures.push(now)
    return new HttpRefusal(401, 'denied', 'the token is wrong', { 'www-authenticate': 'Bearer' })
  }
}

/** Equal lengths, which `timingSafeEqual` needs, whatever came. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
