import { shortPeer } from '@grapevine/protocol'
import type { RoundTripQuery, RoundTripView } from '@grapevine/protocol/control'
import type { PeerApi, PeerWait } from '../api.ts'
import { NodeError } from '../error.ts'
import { findPeer, type NamedPeer } from '../peer/find-peer.ts'
import type { ClusterHost } from './cluster-host.ts'
import type { RoundTripApi } from './round-trip-api.ts'

/** What of a cluster is needed to show round trips. */
export type RoundTripHost = Pick<ClusterHost, 'membership' | 'places'> & {
  readonly members: { named(): Iterable<NamedPeer> }
}

/** Pings at once. */
const pingsMax = 8
const noRoundTrips: RoundTripApi = {
  list: () =>
    Promise.reject(
      new NodeError('usage', 'a network of dialect pubsub has no map of round trips', 'see: grapevine peer ping PEER'),
    ),
}

/** Round trips as users see them; where there is no cluster, all is refused. */
export function roundTripsOf(host: RoundTripHost | undefined, peering: Pick<PeerApi, 'ping'>): RoundTripApi {
  return host === undefined ? noRoundTrips : new RoundTrips(host, peering)
}

class RoundTrips implements RoundTripApi {
  readonly #host: RoundTripHost
  readonly #peering: Pick<PeerApi, 'ping'>

  constructor(host: RoundTripHost, peering: Pick<PeerApi, 'ping'>) {
    this.#host = host
    this.#peering = peering
  }

  async list(
    { from: start, to: end, measure = false, timeout }: RoundTripQuery = {},
    signal?: AbortSignal,
  ): Promise<readonly RoundTripView[]> {
    const { members, places } = this.#host
    const names = new Map([...members.named()].map(({ peerId, name }) => [peerId, name]))
    const from = start === undefined ? places.self : this.#find(start)
    if (measure && from !== places.self) {
      throw new NodeError('usage', 'only this node can be made to ping', 'leave out --measure, or the first member')
    }
    const to = end === undefined ? this.#present(from) : [this.#find(end)]
    if (end !== undefined && to[0] === from) throw new NodeError('usage', `${shortPeer(from)} is both ends`)
    const views = to.map((peer) => this.#view(from, peer, names))
    const wait = { ...(timeout !== undefined && { timeoutMs: timeout }), ...(signal && { signal }) }
    const found = measure ? await this.#measured(views, wait) : views
    return found.toSorted((a, b) => (a.estimateMs ?? Infinity) - (b.estimateMs ?? Infinity) || compare(a.to, b.to))
  }

  #present(from: string): string[] {
    return [...this.#host.membership.members()].flatMap(({ peer, status }) =>
      peer !== from && (status === 'alive' || status === 'suspect') ? [peer] : [],
    )
  }

  #view(from: string, to: string, names: ReadonlyMap<string, string | undefined>): RoundTripView {
    const { places } = this.#host
    const estimate = places.estimate(from, to)
    const exchangeMs = from === places.self ? places.measuredMs(to) : undefined
    const [fromName, toName] = [names.get(from), names.get(to)]
    return {
      from,
      to,
      ...(fromName !== undefined && { fromName }),
      ...(toName !== undefined && { toName }),
      ...(estimate && { estimateMs: inMicros(estimate.estimateMs), error: Math.round(estimate.error * 1000) / 1000 }),
      ...(exchangeMs !== undefined && { exchangeMs: inMicros(exchangeMs) }),
    }
  }

  async #measured(views: readonly RoundTripView[], wait: PeerWait): Promise<RoundTripView[]> {
    const found: RoundTripView[] = []
    const queue = views.values()
    const work = async (): Promise<void> => {
      for (const view of queue) found.push(await this.#pinged(view, wait))
    }
    await Promise.all(Array.from({ length: pingsMax }, work))
    return found
  }

  async #pinged(view: RoundTripView, wait: PeerWait): Promise<RoundTripView> {
    try {
      return { ...view, pingMs: (await this.#peering.ping(view.to, wait)).ms }
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      return { ...view, problem: error.code === 'not-found' ? 'not connected' : error.message }
    }
  }

  #find(text: string): string {
    const peer = findPeer(text, this.#host.members.named())
    if (this.#host.membership.member(peer) !== undefined) return peer
    throw new NodeError('not-found', `no member is known as ${text}`, 'see: grapevine member ls')
  }
}

const inMicros = (ms: number): number => Math.round(ms * 1000) / 1000
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
