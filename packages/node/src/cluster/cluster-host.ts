import { randomInt } from 'node:crypto'
import { shortPeer, type ClusterView } from '@grapevine/protocol'
import { Cluster, type ClusterAction, type ClusterEvent } from '@grapevine/protocol/cluster'
import type { Change, KeyWrite } from '@grapevine/protocol/state'
import { stateFrameSizeMax } from '@grapevine/protocol/state'
import type { Libp2p } from '@libp2p/interface'
import { Clockwork } from '../clockwork.ts'
import { sha256, sign } from '../crypto.ts'
import type { NodeParts } from '../node-parts.ts'
import { bootstrapAddresses } from '../peer/given-address.ts'
import { refusal } from '../state/refusal.ts'
import type { Store } from '../store/store.ts'
import type { Verifier } from '../verify/verifier.ts'
import { StateDisk } from './disk.ts'
import { FrameStreams } from './frame-streams.ts'
import { Leaving } from './leaving.ts'
import { Links } from './links.ts'
import type { MemberDialler } from './member-dialler.ts'
import { Members } from './members.ts'
import { viewCluster } from './view.ts'

/** What a cluster host needs of its node. */
export interface ClusterHostOptions {
  readonly parts: Pick<NodeParts, 'identity' | 'network' | 'epoch' | 'log' | 'recorder'>
  readonly libp2p: Libp2p
  readonly store: Pick<Store, 'ask' | 'call'>
  readonly verifier: Pick<Verifier, 'verify'>
  /** A peer said what it is answerable for. */
  readonly blame: (peer: string) => void
  readonly dialler: Pick<MemberDialler, 'want' | 'look' | 'meet' | 'stop'>
}

/** An owner says something else now. */
export type StateListener = (
  owner: { readonly peer: string; readonly epoch: number },
  changes: readonly Change[],
) => void
/** A member is now so; see the action of the protocol. */
export type MemberListener = (member: Omit<ClusterAction & { type: 'member' }, 'type'>) => void

const protocol = '/grapevine/state/1'
/** A joiner is given all at once, 66 KiB a frame; in rest a peer says some hundred bytes a second. */
const frameBounds = {
  frameBytesMax: stateFrameSizeMax,
  burstBytes: 4 << 20,
  bytesPerSecond: 1 << 20,
  waitingBytesMax: 512 << 10,
} as const

/** The node among others: the cluster machine with its clock, its streams, its disk and its keys (docs/state.md). */
export class ClusterHost {
  readonly #options: ClusterHostOptions
  readonly #cluster: Cluster
  readonly #clockwork: Clockwork<ClusterEvent, ClusterAction>
  readonly #streams: FrameStreams
  readonly #disk: StateDisk
  readonly #links: Links
  readonly #seeds: ReadonlySet<string>
  readonly #stateListeners = new Set<StateListener>()
  readonly #memberListeners = new Set<MemberListener>()
  readonly #tickListeners = new Set<() => void>()
  readonly #startListeners = new Set<() => Promise<void>>()
  readonly #stopListeners = new Set<() => void>()
  #leaving: Leaving | undefined
  /** Of the write that is under way. */
  #refused: (ClusterAction & { type: 'refused' }) | undefined
  readonly members: Members

  constructor(options: ClusterHostOptions) {
    const { parts, libp2p, store, blame } = options
    const { identity, network, epoch, log } = parts
    this.#options = options
    this.#seeds = new Set(bootstrapAddresses(network).map(({ peerId }) => peerId))
    const made = {
      networkId: network.id,
      owner: identity.publicKey,
      epoch,
      seed: randomInt(2 ** 32 - 1),
      now: performance.now(),
      wall: wallMicros(),
    }
    this.#cluster = new Cluster({ ...made, sha256 })
    this.#clockwork = new Clockwork({
      machine: this.#cluster,
      carryOut: (action) => this.#carryOut(action),
      tick: () => this.#tick(),
      witness: parts.recorder?.cluster(made),
    })
    this.#streams = new FrameStreams({
      ...frameBounds,
      libp2p,
      protocol,
      onFrame: (peer, bytes) => {
        this.#links.heard(peer)
        this.#clockwork.dispatch({ type: 'frame', peer, bytes })
      },
      onOversize: blame,
    })
    this.#disk = new StateDisk({
      store,
      log: log.part('state'),
      networkId: network.id,
      owner: identity.publicKey,
      epoch,
      stateOf: (owner) => this.#cluster.replica.stateOf(owner),
      present: () =>
        [...this.membership.members()].flatMap(({ owner, status }) =>
          status === 'failed' || status === 'left' ? [] : [owner],
        ),
    })
    this.#links = new Links({
      libp2p,
      protocol,
      onChanged: () => {
        this.#tellLinks()
        options.dialler.look()
      },
      // Who joins learns at once what there is.
      onLinked: (peer) => this.#clockwork.dispatch({ type: 'exchange', peers: [peer] }),
    })
    this.members = new Members(this, libp2p.peerId.toString())
  }

  /** Takes up what the last life left, and begins to talk. */
  async start(): Promise<void> {
    const states = await this.#disk.restore()
    this.#clockwork.dispatch({ type: 'restore', states })
    this.#tellLinks()
    // Says of itself what there is to say, alone or not.
    this.#clockwork.dispatch(this.#tick())
    await this.#streams.start()
    for (const listener of this.#startListeners) await listener()
    await this.#links.start()
  }

  /** What is known of owners. */
  get replica(): Cluster['replica'] {
    return this.#cluster.replica
  }

  /** Who is there. */
  get membership(): NonNullable<Cluster['membership']> {
    return this.#cluster.membership!
  }

  /** How far it is from one to another. */
  get places(): NonNullable<Cluster['places']> {
    return this.#cluster.places!
  }

  /** How it is among others, for status. */
  view(): ClusterView {
    return viewCluster(this.#cluster, this.#streams.sent)
  }

  /** Whether a peer is connected and speaks this. */
  isLinked(peer: string): boolean {
    return this.#links.has(peer)
  }

  /** Nothing is to be done before something happens: nobody is there. */
  get isAtRest(): boolean {
    return this.#cluster.nextWakeup === undefined
  }

  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  onMember(listener: MemberListener): () => void {
    this.#memberListeners.add(listener)
    return () => this.#memberListeners.delete(listener)
  }

  /** At the start, and waited for. */
  onStart(listener: () => Promise<void>): void {
    this.#startListeners.add(listener)
  }

  /** Once, when this life is over. */
  onStop(listener: () => void): void {
    this.#stopListeners.add(listener)
  }

  /** Before each tick of the machine. */
  onTick(listener: () => void): void {
    this.#tickListeners.add(listener)
  }

  /**
   * Writes keys of ours under one signature, and deletes those without a value: all, or none if one breaks a bound. Keys
   * are those of the map, with their prefixes. Resolves when it is on disk, with the version of our map that has it. Errors:
   * `usage` (key), `oversize`, `overloaded` (too many keys), `disk`.
   */
  async write(writes: readonly KeyWrite[]): Promise<number> {
    this.#refused = undefined
    this.#clockwork.dispatch({ type: 'write', writes, time: wallMicros() })
    const refused = this.#refused as (ClusterAction & { type: 'refused' }) | undefined
    this.#refused = undefined
    if (refused !== undefined) throw refusal(refused)
    await this.#disk.flush()
    return this.#cluster.replica.stateOf(this.#options.parts.identity.publicKey)?.head.version ?? 0
  }

  /** Writes a key of ours that belongs to this life of the node; nobody waits for it. */
  say(key: string, value: Uint8Array): void {
    this.#clockwork.dispatch({ type: 'set', key, value, time: wallMicros() })
  }

  /** Takes the addresses that a member tells into the address book. */
  meet(peer: string): void {
    this.#options.dialler.meet(peer)
  }

  /** Drops what is known of an owner; it comes back if it lives. */
  forget(owner: Uint8Array): void {
    this.#clockwork.dispatch({ type: 'forget', owner })
  }

  /** Says goodbye, and resolves once some have heard it; at once where there is nobody, and after a second at most. */
  leave(): Promise<void> {
    this.#leaving ??= new Leaving({
      links: this.#links.peers,
      exchange: (peers) => this.#clockwork.dispatch({ type: 'exchange', peers }),
    })
    this.#clockwork.dispatch({ type: 'leave' })
    return this.#leaving.told()
  }

  async stop(): Promise<void> {
    for (const listener of this.#stopListeners) listener()
    this.members.close()
    this.#options.dialler.stop()
    this.#links.stop()
    this.#streams.stop()
    this.#clockwork.stop()
    await this.#disk.stop()
  }

  #tick(): ClusterEvent {
    for (const listener of this.#tickListeners) listener()
    return { type: 'tick', wall: wallMicros() }
  }

  #tellLinks(): void {
    const peers = this.#links.peers
    this.#clockwork.dispatch({ type: 'links', peers, seeds: peers.filter((peer) => this.#seeds.has(peer)) })
  }

  #carryOut(action: ClusterAction): void {
    const { parts, verifier, blame, dialler } = this.#options
    switch (action.type) {
      case 'sign': {
        const signature = sign(action.bytes, parts.identity)
        return this.#clockwork.dispatch({ type: 'signed', ref: action.ref, signature })
      }
      case 'verify': {
        const { ref, owner, signature, bytes } = action
        return verifier.verify({ message: bytes, signature, author: owner }, (valid) =>
          this.#clockwork.dispatch({ type: 'verified', ref, valid }),
        )
      }
      case 'send':
        for (const peer of action.peers) {
          // What has to wait says nothing of the way.
          if (action.isWorthDialling && !this.#streams.isReady(peer))
            this.#clockwork.dispatch({ type: 'delayed', peer })
          if (!this.#streams.send(peer, action.bytes) && action.isWorthDialling) dialler.want(peer)
        }
        return
      case 'changed':
        this.#disk.keep(action.owner)
        for (const listener of this.#stateListeners) listener(action, action.changes)
        return
      case 'forgotten':
        this.#disk.forget(action.owner)
        for (const listener of this.#stateListeners) listener(action, action.changes)
        return
      case 'member':
        parts.log.part('state').debug('a member changed', { peer: shortPeer(action.peer), status: action.status })
        for (const listener of this.#memberListeners) listener(action)
        return dialler.look()
      case 'exchanged':
        return this.#leaving?.exchanged(action.peer, action.isAnswered)
      case 'refused':
        this.#refused = action
        return
      case 'blame':
        parts.log.part('state').debug('a peer is to blame', { peer: shortPeer(action.peer), fault: action.fault })
        return blame(action.peer)
      case 'foreign':
        // Not checked: the twin watch is what asks.
        parts.log.part('state').debug('a peer has what this node is to have said and has not')
    }
  }
}

const wallMicros = (): number => Date.now() * 1000
