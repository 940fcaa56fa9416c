import { shortPeer, type StatusView } from '@grapevine/protocol'
import type { NodeApi } from './api.ts'
import type { ClusterHost } from './cluster/cluster-host.ts'
import type { NodeParts } from './node-parts.ts'
import { version } from './version.ts'

/** What a node's status is made of. */
export interface StatusSources {
  readonly node: Pick<NodeApi, 'network' | 'peers' | 'topics' | 'evidence'> & {
    readonly peerId: string
    readonly cluster: ClusterHost | undefined
    addresses(): string[]
  }
  readonly parts: Pick<NodeParts, 'home' | 'settings' | 'recorder'>
  readonly startedAt: Date
  readonly counters: StatusView['counters']
  readonly twin: StatusView['twin']
}

/** A node as `status` shows it. */
export function viewStatus({ node, parts, startedAt, counters, twin }: StatusSources): StatusView {
  const { home, settings, recorder } = parts
  return {
    pid: process.pid,
    peerId: node.peerId,
    short: shortPeer(node.peerId),
    ...(settings.name !== undefined && { name: settings.name }),
    version,
    home,
    started: startedAt.toISOString(),
    addresses: node.addresses(),
    network: node.network(),
    peers: node.peers(),
    topics: node.topics(),
    counters,
    evidence: node.evidence.list().length,
    ...(node.cluster && { cluster: node.cluster.view() }),
    ...(twin && { twin }),
    ...(recorder && { recording: recorder.view }),
  }
}
