import type { Connection, Libp2p } from '@libp2p/interface'

/** The newest open connection to a peer: when a link was dead and is made anew, the old one may still be there. */
export function connectionTo(libp2p: Pick<Libp2p, 'getConnections'>, peer: string): Connection | undefined {
  return libp2p
    .getConnections()
    .findLast(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
}
