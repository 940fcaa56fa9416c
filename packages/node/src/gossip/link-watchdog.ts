import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection, Stream } from '@libp2p/interface'
import type { GossipsubInternals } from './internals.ts'

const checkMs = 1_000
/** A link without gossip for this many checks is repaired; identify and the first streams take well under a second. */
const checksBeforeRepair = 2
/** And after this many its connection is closed, so that either side dials anew. */
const checksBeforeClose = 6
const protocols = ['/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0']

/**
 * Notices connections over which gossip is dead and brings it back. One RPC over the size limit, one reset or one
 * overflow ends the gossip streams with a peer for good on the stock stack, while the connection stays open and a
 * publish still counts the peer as a recipient.
 */
export class LinkWatchdog {
  readonly #gossipsub: GossipsubInternals
  readonly #components: GossipSubComponents
  /** Checks in a row that found a link without gossip, by connection id. */
  readonly #silent = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  /** Links repaired since the start. */
  repairs = 0

  readonly #onRepair: (peer: string) => void

  constructor(gossipsub: GossipsubInternals, components: GossipSubComponents, onRepair: (peer: string) => void) {
    this.#onRepair = onRepair
    this.#gossipsub = gossipsub
    this.#components = components
    this.#timer = setInterval(() => void this.check(), checkMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async check(): Promise<void> {
    const open = this.#components.connectionManager.getConnections().filter(({ status }) => status === 'open')
    const ids = new Set(open.map(({ id }) => id))
    for (const id of this.#silent.keys()) if (!ids.has(id)) this.#silent.delete(id)
    await Promise.all(open.map((connection) => this.#checkLink(connection)))
  }

  async #checkLink(connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString()
    if (this.#isAlive(peer)) {
      this.#silent.delete(connection.id)
      return
    }
    if (!(await this.#speaksGossip(connection))) return
    const checks = (this.#silent.get(connection.id) ?? 0) + 1
    this.#silent.set(connection.id, checks)
    const outbound = this.#gossipsub.streamsOutbound.get(peer)?.rawStream
    if (outbound !== undefined && !isOpen(outbound)) {
      // Gossipsub makes no new stream as long as it has this one.
      outbound.abort(new Error('the peer reads no more'))
      this.#repair(connection)
    } else if (checks === checksBeforeRepair) this.#repair(connection)
    if (checks >= checksBeforeClose) connection.abort(new Error('gossip with the peer is dead'))
  }

  /** As libp2p does when a peer connects: gossipsub then makes its streams anew. */
  #repair(connection: Connection): void {
    this.repairs++
    this.#onRepair(connection.remotePeer.toString())
    for (const topology of this.#components.registrar.getTopologies(protocols[0]!)) {
      void topology.onConnect?.(connection.remotePeer, connection)
    }
  }

  /**
   * Both streams are there, and the peer has closed neither. An RPC over the size limit ends the reading of the peer's
   * stream here, and the sender cannot tell: it goes on writing into a stream that nobody reads. Only a new connection
   * heals that. rust-libp2p, where it reads our stream no more, closes its own side of it, which carries nothing otherwise.
   */
  #isAlive(peer: string): boolean {
    const { peers, streamsInbound, streamsOutbound } = this.#gossipsub
    const streams = [streamsInbound.get(peer)?.rawStream, streamsOutbound.get(peer)?.rawStream]
    return peers.has(peer) && streams.every((stream) => stream !== undefined && isOpen(stream))
  }

  async #speaksGossip({ remotePeer }: Connection): Promise<boolean> {
    try {
      const { protocols: spoken } = await this.#components.peerStore.get(remotePeer)
      return protocols.some((protocol) => spoken.includes(protocol))
    } catch {
      // Not identified yet, or gone.
      return false
    }
  }
}

const isOpen = ({ status, remoteWriteStatus }: Stream): boolean => status === 'open' && remoteWriteStatus !== 'closed'
