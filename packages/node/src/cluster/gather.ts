import type { Libp2p } from '@libp2p/interface'
import type { Engine } from '../engine.ts'
import type { NodeParts } from '../node-parts.ts'
import { tellAbout } from './about.ts'
import { ClusterHost } from './cluster-host.ts'

/** What a node brings into a cluster. */
export interface GatherOptions {
  readonly parts: NodeParts
  readonly engine: Pick<Engine, 'archive' | 'topics' | 'verifier' | 'outcomes'>
  readonly libp2p: Libp2p
  readonly addresses: () => readonly string[]
}

/** A node's place among others. None in a network of dialect pubsub: others there would not know what to make of it. */
export function gather({ parts, engine, libp2p, addresses }: GatherOptions): ClusterHost | undefined {
  if (parts.network.dialect === 'pubsub') return undefined
  const { archive, topics, verifier, outcomes } = engine
  const blame = (peer: string): void => outcomes.misbehaved(peer)
  const host = new ClusterHost({ parts, libp2p, store: archive.store, verifier, blame })
  tellAbout(host, { name: parts.settings.name, addresses, topics: () => topics.names })
  return host
}
