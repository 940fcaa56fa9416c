import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { AddressBook, KnownPeer } from './address-book.ts'
import type { BlockList } from './block-list.ts'
import { claimOf, type Claim } from './claim.ts'
import { dialErrorOf } from './dial-error.ts'
import { dialFirst } from './dial-first.ts'
import { dialAddresses } from './dial-addresses.ts'
import type { DialAddress } from './dial-address.ts'
import { hostOf } from './gater.ts'
import { planDials, redialWaitMs, retryWaitMs, type PeerFacts } from './plan.ts'
import { SilentLinks } from './silent-links.ts'
import { claimedAddresses } from './tcp-address.ts'

/** How dialling a peer goes, in this life of the node. */
export interface Attempts {
  isDialing: boolean
  /** In a row; a connection counts as a success only once the peer has identified itself over it. */
  failures: number
  /** Wall ms. */
  nextDialAt: number
  lastError?: string
  /** The user has disconnected it: no dial until the user says so. */
  isPaused: boolean
}

/** What the keeper works with. */
export interface KeeperParts {
  readonly libp2p: Libp2p
  readonly dial: DialAddress
  readonly book: AddressBook
  readonly blocks: BlockList
  /** Connected peers below which those that it has only met are dialled too. */
  readonly target: number
  /** Called after changes of the book, at most every few seconds, and at the stop. */
  readonly save: () => void
}

const saveMs = 3_000
/**
 * The connection pruner spares peers by the sum of their tags, of which one may be worth 100. The name must not begin with libp2p's KEEP_ALIVE: that
 * would set off its own reconnection, which dials whatever address a peer claims, once, and takes the tag away if that fails.
 */
const keptTag = { 'grapevine-kept': { value: 100 } }

/**
 * Keeps the node connected: to the peers of its tickets and of its user for ever, and to peers it met while it has few.
 * libp2p dials a bootstrap peer once and never again, and discovery connects to nobody (research/libp2p.md §0, row 13).
 */
export class PeerKeeper {
  readonly #parts: KeeperParts
  readonly #attempts = new Map<string, Attempts>()
  readonly #claims = new Map<string, Claim>()
  readonly #stopping = new AbortController()
  readonly #silentLinks: SilentLinks
  #planTimer: NodeJS.Timeout | undefined
  #saveTimer: NodeJS.Timeout | undefined
  #savedRevision: number

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#savedRevision = parts.book.revision
    const { libp2p } = parts
    this.#silentLinks = new SilentLinks({ libp2p, redial: (peerId) => this.#redial(peerId) })
    libp2p.addEventListener('peer:connect', ({ detail }) => void this.#connected(detail.toString()))
    libp2p.addEventListener('peer:disconnect', ({ detail }) => this.#disconnected(detail.toString()))
    libp2p.addEventListener('peer:identify', ({ detail }) => this.#identified(detail))
  }

  /** What a connected peer says of itself. */
  claim(peerId: string): Claim | undefined {
    return this.#claims.get(peerId)
  }

  attempts(peerId: string): Readonly<Attempts> | undefined {
    return this.#attempts.get(peerId)
  }

  connections(peerId: string): Connection[] {
    return this.#parts.libp2p.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peerId)
  }

  /** Looks anew at whom to dial, in a moment: the other changes of this turn count too. */
  replan(waitMs = 0): void {
    if (this.#stopping.signal.aborted) return
    clearTimeout(this.#planTimer)
    this.#planTimer = setTimeout(() => this.#carryOut(), Math.min(waitMs, 2 ** 31 - 1))
    this.#planTimer.unref()
    if (this.#parts.book.revision !== this.#savedRevision && this.#saveTimer === undefined) {
      this.#saveTimer = setTimeout(() => this.save(), saveMs)
      this.#saveTimer.unref()
    }
  }

  /** Writes the book if it has changed. A full disk must not end the node: the next change tries again. */
  save(): void {
    clearTimeout(this.#saveTimer)
    this.#saveTimer = undefined
    const { book, save } = this.#parts
    if (book.revision === this.#savedRevision) return
    try {
      save()
      this.#savedRevision = book.revision
    } catch {
      // Kept in memory.
    }
  }

  /** Somebody says where this peer is: it may be dialled while few are connected. */
  met(peerId: string, addresses: readonly string[]): void {
    this.#parts.book.hear(peerId, addresses, Date.now())
    this.replan()
  }

  /** A peer with those of its addresses that may be dialled; undefined if nothing is known of it, or it is to be left alone. */
  dialable(peerId: string): KnownPeer | undefined {
    const { book, blocks } = this.#parts
    const isLeftAlone = blocks.refusesPeer(peerId) || this.#attempts.get(peerId)?.isPaused === true
    const peer = isLeftAlone ? undefined : book.get(peerId)
    return peer && { ...peer, addresses: peer.addresses.filter(({ address }) => !blocks.refusesHost(hostOf(address))) }
  }

  /** Dials a known peer once, out of turn, unless it is to be left alone or was tried a moment ago. */
  async attempt(peerId: string): Promise<void> {
    const peer = this.#parts.book.get(peerId)
    const { isPaused = false, isDialing = false, nextDialAt = 0 } = this.#attempts.get(peerId) ?? {}
    if (peer === undefined || isPaused || isDialing || nextDialAt > Date.now()) return
    if (this.#parts.blocks.refusesPeer(peerId)) return
    await this.connect(peer).catch(() => undefined)
  }

  /** Stops dialling this peer until `resume`. */
  pause(peerId: string): void {
    this.#attempt(peerId).isPaused = true
  }

  /** Dials it as if for the first time. */
  resume(peerId: string): void {
    const { isDialing } = this.#attempt(peerId)
    this.#attempts.set(peerId, { isDialing, failures: 0, nextDialAt: 0, isPaused: false })
    if (this.#parts.book.get(peerId) !== undefined) void this.#tag(peerId)
    this.replan()
  }

  /** Nothing is known of dialling it any more. */
  forget(peerId: string): void {
    this.#attempts.delete(peerId)
    this.replan()
  }

  /** Dials a known peer now, whatever the plan says. Rejects with the last address's error. */
  async connect(peer: KnownPeer, signal?: AbortSignal): Promise<Connection> {
    const attempt = this.#attempt(peer.peerId)
    attempt.isDialing = true
    const { book, dial } = this.#parts
    try {
      const onFailure = (known: string, error: unknown): void =>
        book.failed(peer.peerId, known, dialErrorOf(error), Date.now())
      const known = await dialAddresses(peer, onFailure)
      const { address, link } = await dialFirst([...known.keys()], {
        dial: (one, limit) => dial(`${one}/p2p/${peer.peerId}`, limit),
        drop: (late) => void late.close().catch(() => undefined),
        onFailure: (one, error) => onFailure(known.get(one)!, error),
        signal: signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]),
      })
      book.worked(peer.peerId, known.get(address)!, Date.now())
      // Until the peer identifies itself: one that has blocked us lets us in and hangs up.
      this.#failed(peer, attempt, 'hung up at once')
      return link
    } catch (error) {
      if (this.connections(peer.peerId).length === 0) this.#failed(peer, attempt, dialErrorOf(error))
      throw error
    } finally {
      attempt.isDialing = false
      this.replan()
    }
  }

  stop(): void {
    this.#stopping.abort()
    this.#silentLinks.stop()
    clearTimeout(this.#planTimer)
    for (const connection of this.#parts.libp2p.getConnections()) {
      this.#parts.book.sawPeer(connection.remotePeer.toString(), Date.now())
    }
    this.save()
  }

  /** Dials a peer that is connected, over a link that says nothing any more. */
  async #redial(peerId: string): Promise<Connection> {
    const peer = this.#parts.book.get(peerId)
    if (peer === undefined || this.#attempts.get(peerId)?.isPaused === true) throw new Error('nothing to dial')
    return this.connect(peer)
  }

  #carryOut(): void {
    const now = Date.now()
    const { book, libp2p } = this.#parts
    const connected = new Set(libp2p.getPeers().map(String))
    for (const peerId of this.#attempts.keys()) if (book.get(peerId) === undefined) this.#attempts.delete(peerId)
    const facts = book.list().flatMap((peer) => this.#factsOf(peer, connected) ?? [])
    const { dials, wakeAt } = planDials(facts, connected.size, now, { target: this.#parts.target })
    for (const { peerId } of dials) void this.connect(book.get(peerId)!).catch(() => undefined)
    if (wakeAt !== undefined) this.replan(Math.max(1, wakeAt - now))
  }

  #factsOf({ peerId, origin, seen, addresses }: KnownPeer, connected: ReadonlySet<string>): PeerFacts | undefined {
    const attempt = this.#attempts.get(peerId)
    if (attempt?.isPaused === true || addresses.length === 0 || this.#parts.blocks.refusesPeer(peerId)) return undefined
    const state = connected.has(peerId) ? 'connected' : attempt?.isDialing === true ? 'dialing' : 'idle'
    const isProven = addresses.some(({ lastOk }) => lastOk !== undefined)
    return { peerId, origin, state, seen, isProven, nextDialAt: attempt?.nextDialAt ?? 0 }
  }

  #failed({ peerId, origin }: KnownPeer, attempt: Attempts, error: string): void {
    attempt.failures++
    attempt.lastError = error
    attempt.nextDialAt = Date.now() + retryWaitMs(attempt.failures, origin, Math.random())
    if (this.#parts.book.get(peerId) === undefined) this.#attempts.delete(peerId)
  }

  async #connected(peerId: string): Promise<void> {
    this.#parts.book.sawPeer(peerId, Date.now())
    await this.#tag(peerId)
    this.replan()
  }

  async #tag(peerId: string): Promise<void> {
    const origin = this.#parts.book.get(peerId)?.origin
    if (origin === undefined || origin === 'learned') return
    // A node that stops has no peer store any more.
    await this.#parts.libp2p.peerStore.merge(peerIdFromString(peerId), { tags: keptTag }).catch(() => undefined)
  }

  #identified({ peerId: id, agentVersion, protocols, listenAddrs, connection }: IdentifyResult): void {
    const peerId = id.toString()
    // Who hangs up meanwhile must leave nothing behind, or strangers could fill the memory.
    if (this.connections(peerId).length === 0) return this.#unstore(peerId)
    const via = connection.remoteAddr.toString()
    this.#claims.set(peerId, claimOf(agentVersion, protocols))
    this.#parts.book.learn(peerId, claimedAddresses(listenAddrs.map(String), via, peerId), Date.now())
    const attempt = this.#attempts.get(peerId)
    if (attempt !== undefined) {
      attempt.failures = 0
      attempt.nextDialAt = 0
      delete attempt.lastError
    }
    this.replan()
  }

  #disconnected(peerId: string): void {
    const wasIdentified = this.#claims.delete(peerId)
    const { book } = this.#parts
    if (wasIdentified) {
      book.sawPeer(peerId, Date.now())
      if (book.get(peerId) !== undefined) this.#attempt(peerId).nextDialAt = Date.now() + redialWaitMs(Math.random())
    }
    this.#unstore(peerId)
    this.replan()
  }

  /** libp2p would keep what each peer ever said for as long as the node runs; the book has what is worth keeping. */
  #unstore(peerId: string): void {
    void this.#parts.libp2p.peerStore.delete(peerIdFromString(peerId)).catch(() => undefined)
  }

  #attempt(peerId: string): Attempts {
    const known = this.#attempts.get(peerId)
    if (known !== undefined) return known
    const fresh = { isDialing: false, failures: 0, nextDialAt: 0, isPaused: false }
    this.#attempts.set(peerId, fresh)
    return fresh
  }
}
