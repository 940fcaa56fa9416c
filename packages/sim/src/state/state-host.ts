import type { Millis, PeerId, Sha256 } from '@grapevine/protocol'
import { Membership, type MemberAction, type MemberEvent, type MemberOptions } from '@grapevine/protocol/member'
import {
  type OwnerState,
  Replica,
  type RoundOptions,
  type StateAction,
  type StateEvent,
} from '@grapevine/protocol/state'
import { sign, verify } from '../signature.ts'
import type { Actor, HostId, Port } from '../world.ts'

/** What all hosts of a world share. */
export interface StateNetwork {
  readonly networkId: Uint8Array
  readonly sha256: Sha256
  /** Names of owners, by their keys. */
  readonly ownerOf: (host: HostId) => Uint8Array
  readonly hostOf: (owner: Uint8Array) => PeerId
  readonly rounds?: Partial<RoundOptions>
  readonly members?: Partial<MemberOptions>
  /** With whom a host can talk. Default: all. */
  readonly linksOf: (host: HostId) => readonly HostId[]
  readonly onMember?: (on: HostId, action: MemberAction & { type: 'member' }, now: Millis) => void
  readonly onState?: (on: HostId, action: StateAction & { type: 'changed' }, now: Millis) => void
}

/** Without members: rounds only, as they are needed to measure how something spreads. */
export type StateRole = 'member' | 'replica' | 'silent'

/** A replica with its membership, as a node holds them together; effects are answered at once. */
export class StateHost implements Actor<Uint8Array> {
  readonly replica: Replica
  readonly membership: Membership | undefined
  readonly #network: StateNetwork
  readonly #port: Port<Uint8Array>
  readonly #owner: Uint8Array
  /** What a silent host has not signed. */
  #unsigned: (StateAction & { type: 'sign' }) | undefined
  #isSilent: boolean
  #frozenUntil: Millis | undefined
  readonly #waiting: { readonly from: HostId; readonly payload: Uint8Array }[] = []

  /** `silent`: it passes on what others say, and says nothing. */
  constructor(network: StateNetwork, port: Port<Uint8Array>, now: Millis, role: StateRole = 'member') {
    const { networkId, sha256, hostOf, rounds = {}, members = {} } = network
    this.#network = network
    this.#port = port
    this.#owner = network.ownerOf(port.id)
    this.#isSilent = role === 'silent'
    const epoch = port.life + 1
    const seed = port.rng.next()
    this.replica = new Replica({ networkId, owner: this.#owner, epoch, seed, now, rounds, sha256, peerOf: hostOf })
    this.membership =
      role === 'member'
        ? new Membership({ owner: this.#owner, epoch, now: now + port.rng.below(500), ...members })
        : undefined
    if (role !== 'member')
      this.#tellReplica({ type: 'contacts', live: network.linksOf(port.id), dead: [], seeds: [] }, now)
  }

  get nextWakeup(): Millis | undefined {
    if (this.#frozenUntil !== undefined) return this.#frozenUntil
    const [replica, members] = [this.replica.nextWakeup, this.membership?.nextWakeup]
    return Math.min(replica ?? Infinity, members ?? Infinity)
  }

  /** Knows these members from the start, and chooses its watchers among them. Their states come with `learn`. */
  meet(hosts: readonly HostId[], now: Millis): void {
    for (const host of hosts) {
      this.#tellMembers({ type: 'changed', owner: this.#network.ownerOf(host), peer: host, epoch: 1, changes: [] }, now)
    }
    this.#tellMembers({ type: 'links', peers: this.#network.linksOf(this.#port.id) }, now)
    this.#tellMembers({ type: 'tick' }, now)
  }

  /** Has these states, as if they had been on its disk. */
  learn(states: readonly OwnerState[], now: Millis): void {
    this.#tellReplica({ type: 'restore', states }, now)
  }

  /** From here on it is silent no more. */
  set(key: string, value: Uint8Array, now: Millis): void {
    this.#isSilent = false
    this.#tellReplica({ type: 'set', key, value, time: Math.round(now * 1000) + 1 }, now)
    const unsigned = this.#unsigned
    this.#unsigned = undefined
    if (unsigned !== undefined) this.#carryState(unsigned, now)
  }

  leave(now: Millis): void {
    this.#tellMembers({ type: 'leave' }, now)
  }

  /** Does nothing until then; what arrives meanwhile waits, as it would for a process that is stopped. */
  freeze(until: Millis): void {
    this.#frozenUntil = until
  }

  receive(from: HostId, payload: Uint8Array, now: Millis): void {
    if (this.#frozenUntil !== undefined) this.#waiting.push({ from, payload })
    else this.#tellReplica({ type: 'frame', peer: from, bytes: payload }, now)
  }

  tick(now: Millis): void {
    this.#frozenUntil = undefined
    this.#tellMembers({ type: 'tick' }, now)
    this.#tellReplica({ type: 'tick' }, now)
    for (const { from, payload } of this.#waiting.splice(0)) this.receive(from, payload, now)
  }

  #tellReplica(event: StateEvent, now: Millis): void {
    for (const action of this.replica.handle(event, now)) this.#carryState(action, now)
  }

  #tellMembers(event: MemberEvent, now: Millis): void {
    for (const action of this.membership?.handle(event, now) ?? []) this.#carryMember(action, now)
  }

  #carryState(action: StateAction, now: Millis): void {
    const { sha256, onState } = this.#network
    switch (action.type) {
      case 'sign':
        if (this.#isSilent) {
          this.#unsigned = action
          return
        }
        return this.#tellReplica(
          { type: 'signed', ref: action.ref, signature: sign(sha256, this.#owner, action.bytes) },
          now,
        )
      case 'verify': {
        const valid = verify(sha256, action.owner, action.bytes, action.signature)
        return this.#tellReplica({ type: 'verified', ref: action.ref, valid }, now)
      }
      case 'send':
        return this.#port.send(action.peer, action.bytes)
      case 'changed':
        onState?.(this.#port.id, action, now)
        return this.#tellMembers(action, now)
      case 'exchanged':
      case 'beat':
        return this.#tellMembers(action, now)
      case 'refused':
      case 'blame':
      case 'foreign':
        throw new RangeError(`host ${this.#port.id}: ${action.type}`)
    }
  }

  #carryMember(action: MemberAction, now: Millis): void {
    switch (action.type) {
      case 'set':
        return this.set(action.key, action.value, now)
      case 'send':
        for (const peer of action.peers) this.#port.send(peer, action.bytes)
        return
      case 'contacts':
        return this.#tellReplica({ ...action, seeds: [] }, now)
      case 'member':
        return this.#network.onMember?.(this.#port.id, action, now)
      case 'forget':
        return this.#tellReplica(action, now)
    }
  }
}
