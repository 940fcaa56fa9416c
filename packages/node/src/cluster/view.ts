import type { ClusterView } from '@grapevine/protocol'
import type { Cluster } from '@grapevine/protocol/cluster'

/** A node among others, as its status shows it. */
export function viewCluster({ membership, replica }: Cluster, sent: ClusterView['sent']): ClusterView {
  const { score, watchers, subjects } = membership!.health
  const members = { alive: 0, suspect: 0, failed: 0, left: 0 }
  for (const { status } of membership!.members()) members[status]++
  return { members, stateBytes: replica.size.bytes, health: score, watchers, watched: subjects, sent: { ...sent } }
}
