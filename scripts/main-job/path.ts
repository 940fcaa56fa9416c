import type { WhyView } from '@grapevine/protocol'

/** A node and what its journal says of the message. */
export interface Witness {
  readonly name: string
  readonly peerId: string
  readonly why: WhyView
}

/** How a message came to one node. */
export interface Hop {
  readonly name: string
  /** The node that delivered it; absent for the publisher. */
  readonly from?: string
  /** Hops from the publisher; 0 for itself. */
  readonly hops: number
  /** Milliseconds since it was published, by the journals' wall clock of whole milliseconds. */
  readonly ms: number
  readonly verdict?: string
  readonly sentTo: readonly string[]
  readonly copiesFrom: readonly string[]
}

/** Puts the journals of several nodes together to the path of one message, nearest to the publisher first. */
export function pathOf(witnesses: readonly Witness[]): readonly Hop[] {
  const nameOf = (peerId: string | undefined): string =>
    witnesses.find((node) => node.peerId === peerId)?.name ?? 'a stranger'
  const arrivals = witnesses.map(({ name, why: { steps } }) => {
    const arrival = steps.find(({ what }) => what === 'published' || what === 'received')
    const verdict = steps.find(({ what }) => what === 'verdict')?.reason
    const peersOf = (wanted: string): string[] =>
      steps.filter(({ what }) => what === wanted).map(({ peer }) => nameOf(peer))
    return {
      name,
      at: Date.parse(arrival?.at ?? ''),
      ...(arrival?.what === 'received' && { from: nameOf(arrival.peer) }),
      ...(verdict !== undefined && { verdict }),
      sentTo: peersOf('sent'),
      copiesFrom: peersOf('copy'),
    }
  })
  const startedAt = Math.min(...arrivals.filter(({ from }) => from === undefined).map(({ at }) => at))
  const hopsTo = (name: string, seen: readonly string[] = []): number => {
    const from = arrivals.find((arrival) => arrival.name === name)?.from
    return from === undefined || seen.includes(name) ? 0 : 1 + hopsTo(from, [...seen, name])
  }
  return arrivals
    .map(({ at, ...arrival }) => ({ ...arrival, hops: hopsTo(arrival.name), ms: at - startedAt }))
    .toSorted((a, b) => a.hops - b.hops || a.ms - b.ms)
}

/** A line for people. */
export function describeHop({ name, from, hops, ms, verdict, sentTo, copiesFrom }: Hop): string {
  const arrival = from === undefined ? 'published it' : `got it from ${from} (hop ${hops})`
  const parts = [
    arrival,
    ...(verdict === undefined ? [] : [`found it ${verdict}`]),
    ...(sentTo.length === 0 ? [] : [`sent it to ${sentTo.join(', ')}`]),
    ...(copiesFrom.length === 0 ? [] : [`dropped a copy from ${copiesFrom.join(', ')}`]),
  ]
  return `${`+${ms} ms`.padStart(8)}  ${name}  ${parts.join(', ')}`
}
