import type { Connection } from '@libp2p/interface'
import type { Gossip } from './gossip/gossip.ts'
import { ping } from './peer/ping.ts'

/** How long a stop waits for peers to have heard what was said last; a peer that is gone must not hold it up longer. */
const waitMsMax = 300

/**
 * Resolves once what this node has written has left it and its peers have taken it in: a ping behind it on the same
 * connection comes back only then. A connection that closes right behind the last message takes it along when the other
 * side is busy, for gossipsub drops what it has not read of a peer that is gone.
 */
export async function lastWords(gossip: Gossip, connections: readonly Connection[]): Promise<void> {
  const signal = AbortSignal.timeout(waitMsMax)
  await gossip.flushed(signal)
  await Promise.allSettled(connections.map((connection) => ping(connection, signal)))
}
