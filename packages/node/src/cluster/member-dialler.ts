import type { Libp2p } from '@libp2p/interface'
import type { PeerKeeper } from '../peer/keeper.ts'
import { claimedAddresses, parseTcpAddress } from '../peer/tcp-address.ts'
import type { ClusterHost } from './cluster-host.ts'

/** What dialling members needs. */
export interface MemberDiallerOptions {
  readonly libp2p: Libp2p
  readonly keeper: Pick<PeerKeeper, 'met' | 'attempt'>
  /** Connected peers below which members are looked up. */
  readonly target: number
  readonly members: () => Pick<ClusterHost, 'membership' | 'members' | 'isLinked'>
}

/** Between two looks, and between two dials out of turn, in ms; and half as much again, so that nodes are not in step. */
const lookMs = 1_000
/** Dials out of turn at once. */
const diallingMax = 2

/**
 * Brings members that this node is not connected to into its address book, from where they are dialled while few peers are
 * connected: so a network whose first node is gone finds together again. And dials one now and then that has failed,
 * because it may be behind a partition that is over.
 */
export class MemberDialler {
  readonly #options: MemberDiallerOptions
  #timer: NodeJS.Timeout | undefined
  #wantedAt = -Infinity
  #dialling = 0

  constructor(options: MemberDiallerOptions) {
    this.#options = options
  }

  /** Something has changed: looks in a moment whether more peers are to be known. */
  look(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        this.#fill()
      },
      lookMs * (1 + Math.random() / 2),
    ).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** There is something to say to a member, and no connection. */
  want(peer: string): void {
    const now = performance.now()
    if (this.#dialling >= diallingMax || now - this.#wantedAt < lookMs) return
    this.#wantedAt = now
    this.meet(peer)
    this.#dialling++
    void this.#options.keeper.attempt(peer).finally(() => this.#dialling--)
  }

  #fill(): void {
    const { libp2p, target, members } = this.#options
    const lacking = target - libp2p.getPeers().length
    if (lacking <= 0) return
    const self = libp2p.peerId.toString()
    const host = members()
    const strangers = [...host.membership.members()].filter(
      ({ peer, status }) => peer !== self && (status === 'alive' || status === 'suspect') && !host.isLinked(peer),
    )
    for (const { peer } of shuffled(strangers).slice(0, lacking)) this.meet(peer)
  }

  /** Takes the addresses that a member tells into the address book, as far as they may be its own. */
  meet(peer: string): void {
    const { keeper, members } = this.#options
    const said = members().members.record(peer)?.addresses ?? []
    const addresses = claimedAddresses(said, this.#nearest(), peer)
    if (addresses.length > 0) keeper.met(peer, addresses)
  }

  /** How near peers are that we are connected to: strangers must not make us dial our own machine or network. */
  #nearest(): string {
    const via = this.#options.libp2p.getConnections().map(({ remoteAddr }) => remoteAddr.toString())
    const near = (scope: string): string | undefined => via.find((address) => parseTcpAddress(address)?.scope === scope)
    return near('loopback') ?? near('local') ?? via[0] ?? ''
  }
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
