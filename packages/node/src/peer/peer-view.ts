import { shortPeer, type PeerDetailView, type PeerView } from '@grapevine/protocol'
import type { Connection } from '@libp2p/interface'
import type { Disagreement } from '../gossip/disagreement.ts'
import type { KnownPeer } from './address-book.ts'
import type { Claim } from './claim.ts'
import type { Attempts } from './keeper.ts'

/** All that is known of a peer. */
export interface PeerSources {
  readonly peerId: string
  readonly connections: readonly Connection[]
  readonly isBlocked: boolean
  readonly known?: KnownPeer | undefined
  readonly attempts?: Readonly<Attempts> | undefined
  readonly claim?: Claim | undefined
  /** Held topics that it subscribes to. */
  readonly topics: readonly string[]
  readonly score: number
  /** What it does otherwise than this network. */
  readonly disagreement?: Disagreement | undefined
}

/** A peer as `peer ls` shows it. */
export function viewPeer(sources: PeerSources): PeerView {
  const { peerId, connections, known, claim, attempts } = sources
  const head = {
    peerId,
    short: shortPeer(peerId),
    ...(claim?.name !== undefined && { name: claim.name }),
    ...(known && { origin: known.origin }),
    ...(claim?.agent !== undefined && { agent: claim.agent }),
  }
  const first = connections[0]
  if (first !== undefined) {
    const { topics, score, disagreement } = sources
    const addresses = connections.map(({ remoteAddr }) => remoteAddr.toString())
    return {
      ...head,
      state: 'connected',
      addresses,
      direction: first.direction,
      since: iso(first.timeline.open),
      topics,
      score,
      ...(disagreement && { problem: disagreement.problem, hint: disagreement.hint }),
    }
  }
  const state = stateOf(sources)
  return {
    ...head,
    state,
    addresses: known?.addresses.map(({ address }) => `${address}/p2p/${peerId}`) ?? [],
    topics: [],
    ...(attempts?.lastError !== undefined && { lastError: attempts.lastError }),
    ...(attempts !== undefined &&
      state === 'waiting' &&
      attempts.nextDialAt > 0 && { nextDial: iso(attempts.nextDialAt) }),
  }
}

/** A peer as `peer show` shows it. */
export function viewPeerDetail(sources: PeerSources): PeerDetailView {
  const { known, connections, claim } = sources
  return {
    ...viewPeer(sources),
    connections: connections.map(({ remoteAddr, direction, timeline, streams }) => ({
      address: remoteAddr.toString(),
      direction,
      since: iso(timeline.open),
      streams: streams.length,
    })),
    known:
      known?.addresses.map(({ address, failures, lastOk, lastError }) => ({
        address,
        failures,
        ...(lastOk !== undefined && { lastOk: iso(lastOk) }),
        ...(failures > 0 && lastError !== undefined && { lastError }),
      })) ?? [],
    protocols: claim?.protocols ?? [],
    ...(known !== undefined && known.seen > 0 && { seen: iso(known.seen) }),
  }
}

function stateOf({ isBlocked, attempts }: PeerSources): PeerView['state'] {
  if (isBlocked) return 'blocked'
  if (attempts?.isPaused === true) return 'paused'
  return attempts?.isDialing === true ? 'dialing' : 'waiting'
}

const iso = (ms: number): string => new Date(ms).toISOString()
