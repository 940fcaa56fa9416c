import type { IdentifyResult, Libp2p } from '@libp2p/interface'

/** What links need. */
export interface LinksOptions {
  readonly libp2p: Libp2p
  /** What a peer has to speak to be one. */
  readonly protocol: string
  readonly onChanged: () => void
  /** A peer has just become one. */
  readonly onLinked: (peer: string) => void
}

/** The peers that are connected and speak a protocol, as they have said over a connection that vouches for them. */
export class Links {
  readonly #options: LinksOptions
  readonly #peers = new Set<string>()
  readonly #onIdentified = ({ detail }: CustomEvent<IdentifyResult>): void => this.#identified(detail)
  readonly #onGone = ({ detail }: CustomEvent<{ toString(): string }>): void => {
    if (this.#peers.delete(detail.toString())) this.#options.onChanged()
  }

  constructor(options: LinksOptions) {
    this.#options = options
  }

  start(): void {
    const { libp2p } = this.#options
    libp2p.addEventListener('peer:identify', this.#onIdentified)
    libp2p.addEventListener('peer:disconnect', this.#onGone)
  }

  stop(): void {
    const { libp2p } = this.#options
    libp2p.removeEventListener('peer:identify', this.#onIdentified)
    libp2p.removeEventListener('peer:disconnect', this.#onGone)
  }

  get peers(): readonly string[] {
    return [...this.#peers]
  }

  has(peer: string): boolean {
    return this.#peers.has(peer)
  }

  #identified({ peerId, protocols }: IdentifyResult): void {
    const { libp2p, protocol, onChanged, onLinked } = this.#options
    const peer = peerId.toString()
    // Who has hung up meanwhile is none.
    const isOpen = libp2p.getConnections(peerId).some(({ status }) => status === 'open')
    if (!isOpen || this.#peers.has(peer) || !protocols.includes(protocol)) return
    this.#peers.add(peer)
    onChanged()
    onLinked(peer)
  }
}
