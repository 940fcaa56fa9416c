import type { IdentifyResult, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'

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

  async start(): Promise<void> {
    const { libp2p } = this.#options
    libp2p.addEventListener('peer:identify', this.#onIdentified)
    libp2p.addEventListener('peer:disconnect', this.#onGone)
    // Who came before has said what it speaks already.
    for (const peerId of libp2p.getPeers()) {
      const known = await libp2p.peerStore.get(peerId).catch(() => undefined)
      if (known !== undefined) this.#identified({ peerId, protocols: known.protocols })
    }
  }

  /** A peer has said something in the protocol: it may have come before we could tell it that we speak this. */
  heard(peer: string): void {
    if (!this.#peers.has(peer))
      this.#identified({ peerId: peerIdFromString(peer), protocols: [this.#options.protocol] })
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

  #identified({ peerId, protocols }: Pick<IdentifyResult, 'peerId' | 'protocols'>): void {
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
