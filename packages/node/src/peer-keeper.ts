import { multiaddr } from '@multiformats/multiaddr'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'

/** A peer that this node wants to stay connected to, and how that goes. */
export interface KeptPeer {
  readonly peerId: string
  /** Multiaddrs with peer id, the last that worked first. */
  addresses: string[]
  state: 'connected' | 'dialing' | 'waiting'
  failures: number
  lastError?: string
  /** Wall clock, ms since 1970. */
  nextDialAt?: number
  timer?: NodeJS.Timeout
}

/** First wait after a failed dial; doubles up to the most, each ± half, so that nodes do not dial in step. */
const backoffMs = { first: 500, most: 30_000 }

/**
 * Keeps connections to the peers that the network was joined by: dials them at the start and again whenever one is
 * gone, for ever. libp2p itself dials a bootstrap peer once and never again.
 */
export class PeerKeeper {
  readonly #libp2p: Libp2p
  readonly #peers = new Map<string, KeptPeer>()
  #isStopped = false

  constructor(libp2p: Libp2p) {
    this.#libp2p = libp2p
    libp2p.addEventListener('peer:connect', ({ detail }) => this.#connected(detail))
    libp2p.addEventListener('peer:disconnect', ({ detail }) => this.#disconnected(detail))
  }

  /** Wants a connection to the peer of this address, a multiaddr with peer id. */
  keep(address: string): void {
    const peerId = /\/p2p\/([^/]+)$/.exec(address)?.[1]
    if (peerId === undefined || peerId === this.#libp2p.peerId.toString()) return
    const known = this.#peers.get(peerId)
    if (known !== undefined) {
      if (!known.addresses.includes(address)) known.addresses.push(address)
      return
    }
    const peer: KeptPeer = { peerId, addresses: [address], state: 'waiting', failures: 0 }
    this.#peers.set(peerId, peer)
    // In a moment: the other addresses of the same peer come in this turn.
    this.#dialLater(peer, 0)
  }

  list(): readonly KeptPeer[] {
    return [...this.#peers.values()]
  }

  stop(): void {
    this.#isStopped = true
    for (const peer of this.#peers.values()) clearTimeout(peer.timer)
  }

  async #dial(peer: KeptPeer): Promise<void> {
    if (this.#isStopped || this.#connectionTo(peer.peerId) !== undefined) return
    peer.state = 'dialing'
    delete peer.nextDialAt
    try {
      const connection = await this.#libp2p.dial(peer.addresses.map((address) => multiaddr(address)))
      this.#succeeded(peer, connection)
    } catch (error) {
      if (this.#isStopped || this.#connectionTo(peer.peerId) !== undefined) return
      peer.failures++
      peer.lastError = dialErrorOf(error)
      peer.state = 'waiting'
      const wait = Math.min(backoffMs.most, backoffMs.first * 2 ** Math.min(peer.failures - 1, 16))
      this.#dialLater(peer, wait * (0.5 + Math.random()))
    }
  }

  #dialLater(peer: KeptPeer, waitMs: number): void {
    if (this.#isStopped) return
    clearTimeout(peer.timer)
    peer.nextDialAt = Date.now() + waitMs
    peer.timer = setTimeout(() => void this.#dial(peer), waitMs)
  }

  #succeeded(peer: KeptPeer, connection: Connection): void {
    const worked = connection.remoteAddr.toString()
    const full = worked.includes('/p2p/') ? worked : `${worked}/p2p/${peer.peerId}`
    if (peer.addresses.includes(full)) peer.addresses = [full, ...peer.addresses.filter((address) => address !== full)]
  }

  #connected(peerId: PeerId): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer === undefined) return
    clearTimeout(peer.timer)
    peer.state = 'connected'
    peer.failures = 0
    delete peer.lastError
    delete peer.nextDialAt
  }

  #disconnected(peerId: PeerId): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer === undefined) return
    peer.state = 'waiting'
    this.#dialLater(peer, backoffMs.first * Math.random())
  }

  #connectionTo(peerId: string): Connection | undefined {
    return this.#libp2p.getConnections().find((connection) => connection.remotePeer.toString() === peerId)
  }
}

/** The first cause that says something: libp2p wraps each failed address in an aggregate. */
function dialErrorOf(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [error]
  const first = causes[0] as NodeJS.ErrnoException | undefined
  const text = first?.code === 'ECONNREFUSED' ? 'refused' : (first?.message ?? String(error))
  return text.slice(0, 200)
}
