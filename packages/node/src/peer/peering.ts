import {
  shortPeer,
  toHex,
  type BlocksView,
  type PeerDetailView,
  type PeerView,
  type PingView,
} from '@grapevine/protocol'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { PeerApi } from '../api.ts'
import { NodeError } from '../error.ts'
import { forgetBootstrap, type Network } from '../home/network.ts'
import { writePeers } from '../home/peers.ts'
import { AddressBook, type KnownPeer } from './address-book.ts'
import type { BlockList } from './block-list.ts'
import { Blocking } from './blocking.ts'
import type { DialAddress } from './dial-address.ts'
import { dialErrorOf } from './dial-error.ts'
import { findPeer } from './find-peer.ts'
import { bootstrapAddresses, givenAddress } from './given-address.ts'
import { PeerKeeper } from './keeper.ts'
import { viewPeer, viewPeerDetail, type PeerSources } from './peer-view.ts'
import { ping } from './ping.ts'

/** What peering needs of its node. */
export interface PeeringParts {
  readonly home: string
  readonly network: Network
  /** What the home remembers of this network's peers. */
  readonly saved: readonly KnownPeer[]
  readonly libp2p: Libp2p
  readonly dial: DialAddress
  readonly blocks: BlockList
  /** Connected peers below which learned peers are dialled too. */
  readonly target: number
  /** What gossip thinks of a connected peer. */
  readonly gossip: (peerId: string) => Pick<PeerSources, 'score' | 'disagreement'>
  /** Subscribers of each held topic. */
  readonly subscribers: () => Readonly<Record<string, readonly string[]>>
}

const dialMsMax = 15_000
const pingMsDefault = 5_000
const closeMsMax = 1_000

/** The peers of a node as its user deals with them: one method for each verb of the command line. */
export class Peering implements PeerApi {
  readonly #parts: PeeringParts
  readonly #book: AddressBook
  readonly keeper: PeerKeeper
  readonly blocking: Blocking

  constructor(parts: PeeringParts) {
    const { home, network, libp2p, dial, blocks } = parts
    this.#parts = parts
    const bootstrap = bootstrapAddresses(network)
    const isBootstrap = new Set(bootstrap.map(({ peerId }) => peerId))
    // A peer that no ticket names any more is one of those we met.
    const saved = parts.saved.map((peer) =>
      peer.origin === 'bootstrap' && !isBootstrap.has(peer.peerId) ? { ...peer, origin: 'learned' as const } : peer,
    )
    this.#book = new AddressBook(saved)
    this.keeper = new PeerKeeper({
      libp2p,
      dial,
      blocks,
      target: parts.target,
      book: this.#book,
      save: () => this.#save(),
    })
    this.blocking = new Blocking({
      home,
      blocks,
      libp2p,
      find: (text) => this.#find(text),
      onChanged: (allowed) => {
        for (const target of allowed) if (this.#book.get(target) !== undefined) this.keeper.resume(target)
        this.keeper.replan()
      },
    })
    for (const { peerId, address } of bootstrap) {
      if (peerId !== libp2p.peerId.toString()) this.#book.keep(peerId, address, 'bootstrap', Date.now())
    }
  }

  /** Begins to dial. */
  start(): void {
    this.keeper.replan()
  }

  /** Dials no more and writes the book; to be called while connections are still open. */
  stop(): void {
    this.keeper.stop()
  }

  /** Connected peers, or with `all` everyone known. */
  list(all = false): readonly PeerView[] {
    const connected = this.#connected()
    const ids = all ? new Set([...connected, ...this.#book.list().map(({ peerId }) => peerId)]) : connected
    const subscribers = this.#parts.subscribers()
    return [...ids].map((peerId) => viewPeer(this.#sources(peerId, subscribers)))
  }

  show(peer: string): PeerDetailView {
    const peerId = this.#find(peer)
    if (!this.#isKnown(peerId)) throw unknown(peer)
    return viewPeerDetail(this.#sources(peerId))
  }

  async add(address: string): Promise<PeerView> {
    const { peerId, address: plain } = givenAddress(address, this.#parts.libp2p.peerId.toString())
    if (peerId === undefined) {
      throw new NodeError(
        'usage',
        `${address} has no peer id`,
        'add it: ADDRESS/p2p/PEER; to dial it once: grapevine peer connect ADDRESS',
      )
    }
    if (!this.#book.keep(peerId, plain, 'added', Date.now())) {
      throw new NodeError(
        'overloaded',
        'the address book is full of peers to keep',
        'remove one with: grapevine peer rm PEER',
      )
    }
    this.#save()
    this.keeper.resume(peerId)
    return viewPeer(this.#sources(peerId))
  }

  remove(peer: string): { readonly peerId: string } {
    const peerId = this.#find(peer)
    const { home } = this.#parts
    const wasJoinedBy = forgetBootstrap(home, peerId)
    if (!this.#book.forget(peerId) && !wasJoinedBy) throw unknown(peer)
    this.keeper.forget(peerId)
    this.#save()
    return { peerId }
  }

  async connect(
    peer: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<PeerView> {
    const limits = [AbortSignal.timeout(options.timeoutMs ?? dialMsMax), ...(options.signal ? [options.signal] : [])]
    const signal = AbortSignal.any(limits)
    try {
      const peerId = peer.startsWith('/')
        ? await this.#connectAddress(peer, signal)
        : await this.#connectPeer(peer, signal)
      return viewPeer(this.#sources(peerId))
    } catch (error) {
      if (error instanceof NodeError) throw error
      if (signal.aborted) throw new NodeError('timeout', `${peer} does not answer`, undefined, { cause: error })
      throw new NodeError(
        'unreachable',
        `${peer} cannot be reached: ${dialErrorOf(error)}`,
        'see: grapevine peer ls --all',
        { cause: error },
      )
    }
  }

  async disconnect(peer: string): Promise<{ readonly peerId: string; readonly closed: number }> {
    const peerId = this.#find(peer)
    const connections = this.keeper.connections(peerId)
    if (connections.length === 0) throw notConnected(peer)
    if (this.#book.get(peerId) !== undefined) this.keeper.pause(peerId)
    await Promise.all(connections.map(close))
    return { peerId, closed: connections.length }
  }

  async ping(
    peer: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<PingView> {
    const peerId = this.#find(peer)
    const [connection] = this.keeper.connections(peerId)
    if (connection === undefined) throw notConnected(peer)
    const limits = [
      AbortSignal.timeout(options.timeoutMs ?? pingMsDefault),
      ...(options.signal ? [options.signal] : []),
    ]
    const signal = AbortSignal.any(limits)
    try {
      return { peerId, ms: await ping(connection, signal) }
    } catch (error) {
      const short = shortPeer(peerId)
      if (signal.aborted)
        throw new NodeError('timeout', `${short} does not answer the ping`, undefined, { cause: error })
      throw new NodeError('unreachable', `${short} cannot be pinged: ${dialErrorOf(error)}`, undefined, {
        cause: error,
      })
    }
  }

  blocked(): BlocksView {
    return this.#parts.blocks.view()
  }

  block(target: string): { readonly target: string; readonly closed: number } {
    return this.blocking.block(target)
  }

  allow(targets: readonly string[], only = false): BlocksView {
    return this.blocking.allow(targets, only)
  }

  allowAll(): BlocksView {
    return this.blocking.allowAll()
  }

  async #connectPeer(peer: string, signal: AbortSignal): Promise<string> {
    const peerId = this.#find(peer)
    if (this.keeper.connections(peerId).length > 0) return peerId
    this.#refuseBlocked(peerId)
    const known = this.#book.get(peerId)
    if (known === undefined || known.addresses.length === 0) {
      throw new NodeError(
        'not-found',
        `no address of ${shortPeer(peerId)} is known`,
        'give one: grapevine peer connect /ip4/HOST/tcp/PORT/p2p/PEER',
      )
    }
    this.keeper.resume(peerId)
    await this.keeper.connect(known, signal)
    return peerId
  }

  async #connectAddress(text: string, signal: AbortSignal): Promise<string> {
    const { address, peerId } = givenAddress(text, this.#parts.libp2p.peerId.toString())
    if (peerId !== undefined) this.#refuseBlocked(peerId)
    const full = peerId === undefined ? address : `${address}/p2p/${peerId}`
    const connection = await this.#parts.dial(full, signal)
    const found = connection.remotePeer.toString()
    this.#book.learn(found, [address], Date.now())
    this.#book.worked(found, address, Date.now())
    if (this.#book.get(found) !== undefined) this.keeper.resume(found)
    return found
  }

  #refuseBlocked(peerId: string): void {
    if (!this.#parts.blocks.refusesPeer(peerId)) return
    throw new NodeError('blocked', `${shortPeer(peerId)} is blocked`, `let it in with: grapevine peer allow ${peerId}`)
  }

  #find(text: string): string {
    const { peers, only = [] } = this.#parts.blocks.view()
    const ids = [...this.#connected(), ...this.#book.list().map(({ peerId }) => peerId), ...peers, ...only]
    return findPeer(
      text,
      ids.map((peerId) => ({ peerId, name: this.keeper.claim(peerId)?.name })),
    )
  }

  #isKnown(peerId: string): boolean {
    return (
      this.#book.get(peerId) !== undefined || this.#connected().has(peerId) || this.#parts.blocks.refusesPeer(peerId)
    )
  }

  #connected(): ReadonlySet<string> {
    return new Set(this.#parts.libp2p.getPeers().map(String))
  }

  #sources(peerId: string, subscribers = this.#parts.subscribers()): PeerSources {
    const { blocks, gossip } = this.#parts
    return {
      peerId,
      connections: this.keeper.connections(peerId),
      isBlocked: blocks.refusesPeer(peerId),
      known: this.#book.get(peerId),
      attempts: this.keeper.attempts(peerId),
      claim: this.keeper.claim(peerId),
      topics: Object.keys(subscribers).filter((topic) => subscribers[topic]!.includes(peerId)),
      ...gossip(peerId),
    }
  }

  #save(): void {
    const { home, network } = this.#parts
    writePeers(home, toHex(network.id), this.#book.list())
  }
}

async function close(connection: Connection): Promise<void> {
  try {
    await connection.close({ signal: AbortSignal.timeout(closeMsMax) })
  } catch (error) {
    connection.abort(error as Error)
  }
}

const unknown = (peer: string): NodeError =>
  new NodeError('not-found', `nothing is known of ${peer}`, 'see: grapevine peer ls --all')

const notConnected = (peer: string): NodeError =>
  new NodeError('not-found', `${peer} is not connected`, 'see: grapevine peer ls --all')
