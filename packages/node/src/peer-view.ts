import { shortPeer, type PeerView } from '@grapevine/protocol'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { KeptPeer } from './peer-keeper.ts'

/** Peers as commands show them: those that are connected, and with `all` those that are wanted. */
export function viewPeers(
  libp2p: Libp2p,
  kept: readonly KeptPeer[],
  facts: {
    readonly all: boolean
    readonly score: (peer: string) => number
    readonly topicsOf: (peer: string) => string[]
  },
): PeerView[] {
  const connections = new Map<string, Connection[]>()
  for (const connection of libp2p.getConnections()) {
    const peer = connection.remotePeer.toString()
    connections.set(peer, [...(connections.get(peer) ?? []), connection])
  }
  const views: PeerView[] = []
  for (const [peerId, open] of connections) {
    const first = open[0]!
    views.push({
      peerId,
      short: shortPeer(peerId),
      state: 'connected',
      addresses: open.map((connection) => connection.remoteAddr.toString()),
      direction: first.direction,
      since: new Date(first.timeline.open).toISOString(),
      topics: facts.topicsOf(peerId),
      score: facts.score(peerId),
    })
  }
  if (!facts.all) return views
  for (const peer of kept) {
    if (connections.has(peer.peerId)) continue
    views.push({
      peerId: peer.peerId,
      short: shortPeer(peer.peerId),
      state: peer.state === 'dialing' ? 'dialing' : 'waiting',
      addresses: peer.addresses,
      topics: [],
      ...(peer.lastError !== undefined && { lastError: peer.lastError }),
      ...(peer.nextDialAt !== undefined && { nextDial: new Date(peer.nextDialAt).toISOString() }),
    })
  }
  return views
}
