import type { Millis, PeerId, Sha256 } from '@grapevine/protocol'
import { Cluster, type ClusterAction, type ClusterEvent } from '@grapevine/protocol/cluster'
import type { MemberOptions } from '@grapevine/protocol/member'
import type { OwnerState, RoundOptions } from '@grapevine/protocol/state'
import { sign, verify } from '../signature.ts'
import type { Actor, HostId, Port } from '../world.ts'
import type { SharedStates } from './shared-states.ts'

/** What all hosts of a world share. */
export interface StateNetwork {
  readonly networkId: Uint8Array
  readonly sha256: Sha256
  /** Names of owners, by their keys. */
  readonly ownerOf: (host: HostId) => Uint8Array
  readonly hostOf: (owner: Uint8Array) => PeerId
  readonly rounds?: Partial<RoundOptions>
  readonly members?: Partial<MemberOptions>
  /** What is known of somebody of whom nothing is known but the key, one for each host. */
  readonly strangers: readonly OwnerState[]
  /** Of which states replicas keep no copies of their own. Default: of none. */
  readonly states?: SharedStates
  /** With whom a host can talk. Default: all. */
  readonly linksOf: (host: HostId) => readonly HostId[]
  readonly onMember?: (on: HostId, action: ClusterAction & { type: 'member' }, now: Millis) => void
  /** Something that no host of a good network does. Absent: it is thrown. */
  readonly onFault?: (on: HostId, action: ClusterAction, now: Millis) => void
  readonly onState?: (on: HostId, action: ClusterAction & { type: 'changed' }, now: Millis) => void
}

/** Without members: rounds only, as they are needed to measure how something spreads. */
export type StateRole = 'member' | 'replica' | 'silent'

/** A cluster machine whose effects are answered at once. */
export class StateHost implements Actor<Uint8Array> {
  readonly #cluster: Cluster
  readonly #network: StateNetwork
  readonly #port: Port<Uint8Array>
  readonly #owner: Uint8Array
  /** What a silent host has not signed. */
  #unsigned: (ClusterAction & { type: 'sign' }) | undefined
  #isSilent: boolean
  #frozenUntil: Millis | undefined
  readonly #waiting: { readonly from: HostId; readonly payload: Uint8Array }[] = []

  /** `silent`: it passes on what others say, and says nothing. */
  constructor(network: StateNetwork, port: Port<Uint8Array>, now: Millis, role: StateRole = 'member') {
    const { networkId, sha256, hostOf, rounds = {}, members = {}, states } = network
    this.#network = network
    this.#port = port
    this.#owner = network.ownerOf(port.id)
    this.#isSilent = role === 'silent'
    this.#cluster = new Cluster({
      networkId,
      owner: this.#owner,
      epoch: port.life + 2,
      seed: port.rng.next(),
      now,
      wall: wallOf(now),
      rounds,
      members: role === 'member' && members,
      sha256,
      peerOf: hostOf,
      ...(states && { share: (state: OwnerState) => states.share(state) }),
    })
    if (role !== 'member') this.#tell({ type: 'links', peers: network.linksOf(port.id), seeds: [] }, now)
  }

  get replica(): Cluster['replica'] {
    return this.#cluster.replica
  }

  get membership(): Cluster['membership'] {
    return this.#cluster.membership
  }

  get places(): Cluster['places'] {
    return this.#cluster.places
  }

  get nextWakeup(): Millis | undefined {
    return this.#frozenUntil ?? this.#cluster.nextWakeup
  }

  /** Knows of all from the start, and chooses its watchers among those that it reaches. Their states come with `learn`. */
  meet(now: Millis): void {
    this.learn(this.#network.strangers, now)
    this.#tell({ type: 'links', peers: this.#network.linksOf(this.#port.id), seeds: [] }, now)
    this.#tell({ type: 'tick', wall: wallOf(now) }, now)
  }

  /** With whom it can talk from now on. */
  links(peers: readonly PeerId[], now: Millis): void {
    this.#tell({ type: 'links', peers, seeds: [] }, now)
  }

  /** Has these states, as if they had been on its disk. */
  learn(states: readonly OwnerState[], now: Millis): void {
    this.#tell({ type: 'restore', states }, now)
  }

  /** From here on it is silent no more. */
  set(key: string, value: Uint8Array, now: Millis): void {
    this.#isSilent = false
    this.#tell({ type: 'set', key, value, time: wallOf(now) }, now)
    const unsigned = this.#unsigned
    this.#unsigned = undefined
    if (unsigned !== undefined) this.#carry(unsigned, now)
  }

  leave(now: Millis): void {
    this.#tell({ type: 'leave' }, now)
  }

  /** Does nothing until then; what arrives meanwhile waits, as it would for a process that is stopped. */
  freeze(until: Millis): void {
    this.#frozenUntil = until
  }

  receive(from: HostId, payload: Uint8Array, now: Millis): void {
    if (this.#frozenUntil !== undefined) this.#waiting.push({ from, payload })
    else this.#tell({ type: 'frame', peer: from, bytes: payload }, now)
  }

  tick(now: Millis): void {
    this.#frozenUntil = undefined
    this.#tell({ type: 'tick', wall: wallOf(now) }, now)
    // What was signed in it may be news that calls for a round at once.
    if ((this.nextWakeup ?? Infinity) <= now) this.#tell({ type: 'tick', wall: wallOf(now) }, now)
    for (const { from, payload } of this.#waiting.splice(0)) this.receive(from, payload, now)
  }

  #tell(event: ClusterEvent, now: Millis): void {
    for (const action of this.#cluster.handle(event, now)) this.#carry(action, now)
  }

  #carry(action: ClusterAction, now: Millis): void {
    const { sha256, onState, onMember, onFault } = this.#network
    switch (action.type) {
      case 'sign':
        if (this.#isSilent) this.#unsigned = action
        else this.#tell({ type: 'signed', ref: action.ref, signature: sign(sha256, this.#owner, action.bytes) }, now)
        return
      case 'verify': {
        const valid = verify(sha256, action.owner, action.bytes, action.signature)
        return this.#tell({ type: 'verified', ref: action.ref, valid }, now)
      }
      case 'send':
        for (const peer of action.peers) this.#port.send(peer, action.bytes)
        return
      case 'changed':
        return onState?.(this.#port.id, action, now)
      case 'member':
        return onMember?.(this.#port.id, action, now)
      case 'refused':
      case 'blame':
      case 'foreign':
        if (onFault === undefined) throw new RangeError(`host ${this.#port.id}: ${action.type}`)
        return onFault(this.#port.id, action, now)
      case 'exchanged':
      case 'forgotten':
    }
  }
}

/** Wall clocks begin with the simulation. */
const wallOf = (now: Millis): number => Math.round(now * 1000) + 1
