import { equalBytes } from '../bytes.ts'
import type { Millis, PeerId } from '../event.ts'
import { peerIdFromKey } from '../peer-id.ts'
import { coordinateKey } from '../coordinate/round-trips.ts'
import type { MemberAction, MemberEvent } from '../member/member-event.ts'
import { Membership } from '../member/membership.ts'
import { type MemberOptions, memberOptions } from '../member/options.ts'
import type { OwnerState } from '../state/owner-state.ts'
import type { StateAction, StateEvent } from '../state/replica-event.ts'
import { Replica, type ReplicaOptions } from '../state/replica.ts'
import type { ClusterAction, ClusterEvent } from './cluster-event.ts'
import { Places } from './places.ts'

/** Options of a {@link Cluster}. */
export interface ClusterOptions extends ReplicaOptions {
  readonly now: Millis
  /** The clock of the wall now, µs since 1970. */
  readonly wall: number
  /** `false`: nobody is watched, and the host says with whom rounds are held: the links. */
  readonly members?: Partial<MemberOptions> | false
}

/**
 * A node among others: what each says of itself, and who is there. Holds the parts together, which know nothing of each
 * other. Does no I/O and reads no clock. Total: no frame makes it throw, and one event causes a bounded number of actions.
 */
export class Cluster {
  /** What is known of owners; events go through {@link Cluster.handle} only. */
  readonly replica: Omit<Replica, 'handle'>
  /** Who is there; undefined without members. */
  readonly membership: Omit<Membership, 'handle'> | undefined
  /** How far it is from one to another; undefined without members. */
  readonly places: Places | undefined
  readonly #replica: Replica
  readonly #membership: Membership | undefined
  readonly #owner: Uint8Array
  readonly #peerOf: (owner: Uint8Array) => PeerId
  #seeds: readonly PeerId[] = []
  /** By which the wall clock is ahead of `now`, in µs. */
  #aheadUs: number
  #actions: ClusterAction[] = []

  /** Throws `argument` for a network id, owner or epoch out of its range. */
  constructor(options: ClusterOptions) {
    const { owner, epoch, seed, now, wall, members = {}, peerOf = peerIdFromKey } = options
    this.#aheadUs = wall - now * 1000
    this.#owner = owner
    this.#peerOf = peerOf
    const places = members === false ? undefined : this.#newPlaces(options)
    this.#replica = new Replica({
      ...options,
      quietKeys: [coordinateKey],
      ...(places !== undefined && { place: () => places.place }),
    })
    this.places = places
    // Nodes that start together do not stay in step.
    this.#membership =
      members === false ? undefined : new Membership({ owner, epoch, now: now + (seed % 500), ...members })
    this.replica = this.#replica
    this.membership = this.#membership
  }

  /** When the host must next deliver `tick`; undefined: not before something else happens. */
  get nextWakeup(): Millis | undefined {
    const next = Math.min(this.#replica.nextWakeup ?? Infinity, this.#membership?.nextWakeup ?? Infinity)
    return next === Infinity ? undefined : next
  }

  /** Takes what happened, at a time that never goes back. Throws only for a wrong argument of the caller. */
  handle(event: ClusterEvent, now: Millis): readonly ClusterAction[] {
    this.#actions = []
    switch (event.type) {
      case 'tick':
        this.#aheadUs = event.wall - now * 1000
        this.#tellMembers(event, now)
        this.#tellReplica(event, now)
        break
      case 'links':
        this.#seeds = event.seeds
        this.places?.links(event.peers)
        if (this.#membership !== undefined) this.#tellMembers(event, now)
        else this.#tellReplica({ type: 'contacts', live: event.peers, dead: [], seeds: event.seeds }, now)
        break
      case 'leave':
        this.#tellMembers(event, now)
        break
      case 'forget':
        // For as long as others may hold it. First here: the membership tells the replica of those that it forgets itself.
        this.#forget(event.owner, now, memberOptions.forgetMs)
        this.#tellMembers(event, now)
        break
      case 'restore': {
        const own = event.states.find(({ head }) => equalBytes(head.owner, this.#owner))
        if (own !== undefined) this.places?.restore(own)
        this.#tellReplica(event, now)
        break
      }
      case 'set':
      case 'remove':
      case 'write':
      case 'frame':
      case 'signed':
      case 'verified':
      case 'exchange':
      case 'delayed':
        this.#tellReplica(event, now)
    }
    return this.#actions
  }

  #tellReplica(event: StateEvent, now: Millis): void {
    for (const action of this.#replica.handle(event, now)) this.#carryState(action, now)
  }

  #tellMembers(event: MemberEvent, now: Millis): void {
    for (const action of this.#membership?.handle(event, now) ?? []) this.#carryMember(action, now)
  }

  #carryState(action: StateAction, now: Millis): void {
    switch (action.type) {
      case 'send':
        this.#actions.push({ ...action, protocol: 'state', peers: [action.peer], isWorthDialling: action.isOpening })
        return
      case 'beat':
        return this.#tellMembers(action, now)
      case 'changed':
        this.places?.changed(action)
        this.#actions.push(action)
        return this.#tellMembers(action, now)
      case 'exchanged': {
        this.#actions.push(action)
        this.#tellMembers(action, now)
        const place = this.places?.exchanged(action, now)
        return place === undefined ? undefined : this.#say(coordinateKey, place, now)
      }
      case 'sign':
      case 'verify':
      case 'refused':
      case 'blame':
      case 'foreign':
        this.#actions.push(action)
    }
  }

  #carryMember(action: MemberAction, now: Millis): void {
    switch (action.type) {
      case 'set':
        return this.#say(action.key, action.value, now)
      case 'send':
        // Beats: a connection vouches for them, and whoever has none is not there.
        this.#actions.push({ ...action, protocol: 'state', isWorthDialling: false })
        return
      case 'contacts': {
        const reached = new Set(action.live)
        const seeds = this.#seeds.filter((seed) => reached.has(seed))
        return this.#tellReplica({ ...action, seeds }, now)
      }
      case 'forget':
        return this.#forget(action.owner, now)
      case 'member':
        this.#actions.push(action)
    }
  }

  #say(key: string, value: Uint8Array, now: Millis): void {
    const time = Math.max(0, Math.round(this.#aheadUs + now * 1000))
    this.#tellReplica({ type: 'set', key, value, time }, now)
  }

  #newPlaces({ seed, owner, peerOf = peerIdFromKey }: ClusterOptions): Places {
    const stateOf = (peer: PeerId): OwnerState | undefined => {
      const member = this.#membership?.member(peer)
      return member === undefined ? undefined : this.#replica.stateOf(member.owner)
    }
    return new Places({ seed, self: peerOf(owner), stateOf, owners: () => this.#replica.size.owners })
  }

  #forget(owner: Uint8Array, now: Millis, ms?: Millis): void {
    this.places?.forget(this.#peerOf(owner))
    const state = this.#replica.stateOf(owner)
    if (state === undefined) return
    this.#tellReplica({ type: 'forget', owner, ...(ms !== undefined && { ms }) }, now)
    if (this.#replica.stateOf(owner) !== undefined) return
    const changes = state.entries.flatMap(({ key, value }) =>
      value === undefined ? [] : [{ key, value: undefined, time: 0, version: 0 }],
    )
    this.#actions.push({ type: 'forgotten', owner, peer: this.#peerOf(owner), epoch: state.head.epoch, changes })
  }
}
