import type { Connection, Libp2p } from '@libp2p/interface'
import { ping } from './ping.ts'

/** How long a link may be silent, in ms. */
export interface SilenceBounds {
  /** Between looks. */
  readonly checkMs: number
  /** Then the peer is asked for a sign of life. */
  readonly pingMs: number
  /** Then it is dialled anew, and again every third of this; by the side that was called only later. */
  readonly redialMs: number
  /** Then the connection ends. */
  readonly goneMs: number
}

/**
 * Measured: at 30 % loss and a round trip of 300 ms an answer takes more than 5 s now and then, and more than 15 s hardly
 * ever; what is dialled in vain costs some packets. Two minutes are a guess.
 */
const silenceBounds: SilenceBounds = Object.freeze({ checkMs: 1_000, pingMs: 5_000, redialMs: 15_000, goneMs: 120_000 })

/** What looking for silent links needs. */
export interface SilentLinksParts {
  readonly libp2p: Libp2p
  /** Dials a peer that is connected already. */
  readonly redial: (peerId: string) => Promise<Connection>
  readonly bounds?: SilenceBounds
}

interface Watch {
  /** `performance.now()` ms. */
  heardAt: number
  dialledAt: number
  isPinging: boolean
}

/** The connection of libp2p 3.3.11 has the one of the transport in it, which tells of all bytes that come. */
interface Inner {
  readonly maConn?: Partial<Pick<EventTarget, 'addEventListener'>>
}

/**
 * Notices connections over which nothing comes any more, and makes them anew. TCP repeats what was lost ever more rarely:
 * after a partition of a minute its next attempt may be another minute away, and a machine without power looks connected
 * for a quarter of an hour. A connection is not ended because it is silent, or bad links would have none at all, but once
 * the peer has answered over a new one.
 */
export class SilentLinks {
  readonly #parts: SilentLinksParts
  readonly #bounds: SilenceBounds
  readonly #watches = new Map<Connection, Watch>()
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()
  #checkedAt = performance.now()

  constructor(parts: SilentLinksParts) {
    this.#parts = parts
    this.#bounds = parts.bounds ?? silenceBounds
    parts.libp2p.addEventListener('connection:open', ({ detail }) => this.#watch(detail))
    parts.libp2p.addEventListener('connection:close', ({ detail }) => this.#watches.delete(detail))
    this.#timer = setInterval(() => this.#check(), this.#bounds.checkMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }

  #watch(connection: Connection): void {
    const watch = { heardAt: performance.now(), dialledAt: -Infinity, isPinging: false }
    this.#watches.set(connection, watch)
    ;(connection as Inner).maConn?.addEventListener?.('message', () => (watch.heardAt = performance.now()))
  }

  #check(): void {
    const now = performance.now()
    const { checkMs, pingMs, redialMs, goneMs } = this.#bounds
    // This process was stopped or busy: what came meanwhile has not been read yet.
    const wasAway = now - this.#checkedAt > 3 * checkMs
    this.#checkedAt = now
    for (const [connection, watch] of this.#watches) {
      if (wasAway) watch.heardAt = now
      const silentMs = now - watch.heardAt
      if (silentMs >= pingMs && !watch.isPinging) void this.#ping(connection, watch)
      const patienceMs = connection.direction === 'outbound' ? redialMs : 2 * redialMs
      if (silentMs >= goneMs) connection.abort(new Error('nothing came from the peer any more'))
      else if (silentMs >= patienceMs && now >= watch.dialledAt + redialMs / 3) void this.#renew(connection, watch)
    }
  }

  async #ping(connection: Connection, watch: Watch): Promise<void> {
    watch.isPinging = true
    try {
      await ping(connection, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#bounds.goneMs)]))
      watch.heardAt = performance.now()
    } catch {
      // Silence says the same.
    } finally {
      watch.isPinging = false
    }
  }

  async #renew(connection: Connection, watch: Watch): Promise<void> {
    const { heardAt } = watch
    watch.dialledAt = performance.now()
    const link = await this.#parts.redial(connection.remotePeer.toString()).catch(() => undefined)
    if (link === undefined || this.#stop.signal.aborted) return
    if (watch.heardAt > heardAt) await link.close().catch(() => undefined)
    else connection.abort(new Error('the peer answers over a new connection'))
  }
}
