import type { Engine } from '../engine.ts'
import type { Host } from '../libp2p-host.ts'
import type { NodeParts } from '../node-parts.ts'
import { Peering, type PeeringParts } from './peering.ts'

/** The peering of a node: what gossip thinks of peers, and which topics they have, comes from its engine. */
export function peeringFor(
  parts: NodeParts,
  engine: Engine,
  { libp2p, dial }: Host,
  rest: Pick<PeeringParts, 'blocks' | 'saved'>,
): Peering {
  return new Peering({
    ...rest,
    home: parts.home,
    network: parts.network,
    libp2p,
    dial,
    target: parts.config['connections.target'],
    gossip: (peer) => ({ score: engine.gossip.score(peer), disagreement: engine.gossip.disagreements.of(peer) }),
    subscribers: () => Object.fromEntries(engine.topics.names.map((topic) => [topic, engine.subscribers(topic)])),
  })
}
