import type { Libp2p } from '@libp2p/interface'
import type { Engine } from '../engine.ts'
import { NodeError } from '../error.ts'
import type { NodeParts } from '../node-parts.ts'
import type { Peering } from '../peer/peering.ts'
import { tellAbout } from './about.ts'
import { ClusterHost } from './cluster-host.ts'
import { MemberDialler } from './member-dialler.ts'

/** What a node brings into a cluster. */
export interface GatherOptions {
  readonly parts: NodeParts
  readonly engine: Pick<Engine, 'archive' | 'topics' | 'verifier' | 'outcomes'>
  readonly libp2p: Libp2p
  readonly peering: Pick<Peering, 'keeper'>
  readonly addresses: () => readonly string[]
}

/** A node's place among others. None in a network of dialect pubsub: others there would not know what to make of it. */
export function gather({ parts, engine, libp2p, peering, addresses }: GatherOptions): ClusterHost | undefined {
  if (parts.network.dialect === 'pubsub') return undefined
  const { archive, topics, verifier, outcomes } = engine
  const dialler = new MemberDialler({
    libp2p,
    keeper: peering.keeper,
    target: parts.config['connections.target'],
    members: () => host,
  })
  const host: ClusterHost = new ClusterHost({
    parts,
    libp2p,
    store: archive.store,
    verifier,
    blame: (peer) => outcomes.misbehaved(peer),
    dialler,
  })
  tellAbout(host, { name: parts.settings.name, addresses, topics: () => topics.names })
  return host
}

/** A node's place among others. Throws `usage` if it has none. */
export function clusterOf(host: ClusterHost | undefined): ClusterHost {
  if (host !== undefined) return host
  throw new NodeError('usage', 'a network of dialect pubsub has no members and no state')
}
