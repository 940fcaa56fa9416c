import type { PeerView } from '@grapevine/protocol/control'
import type { Libp2p } from '@libp2p/interface'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import type { QueryApi } from '../cluster/query-api.ts'
import type { Engine } from '../engine.ts'
import type { NodeParts } from '../node-parts.ts'
import { noQueries } from './no-queries.ts'
import { QueryHost } from './query-host.ts'

/** What else queries need of their node. */
export interface JoinOptions {
  readonly parts: NodeParts
  readonly engine: Pick<Engine, 'verifier' | 'outcomes'>
  readonly libp2p: Libp2p
  /** All that are known, by name. */
  readonly peers: () => readonly PeerView[]
}

/** The queries of a node in its cluster; where it has none, all is refused. */
export function joinQueries(cluster: ClusterHost | undefined, { parts, engine, libp2p, peers }: JoinOptions): QueryApi {
  if (cluster === undefined) return noQueries
  const { identity, settings } = parts
  const host = new QueryHost({
    parts,
    libp2p,
    cluster,
    verifier: engine.verifier,
    known: () => [{ peerId: identity.peerId, name: settings.name }, ...peers(), ...cluster.members.named()],
    blame: (peer) => engine.outcomes.misbehaved(peer),
  })
  cluster.onStart(() => host.start())
  cluster.onStop(() => host.stop())
  return host
}
