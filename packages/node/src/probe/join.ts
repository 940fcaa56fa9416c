import { peerIdFromKey } from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import { NodeError } from '../error.ts'
import type { Peering } from '../peer/peering.ts'
import { ProbeAnswerer } from './answerer.ts'
import { Prober } from './prober.ts'
import type { ReachApi } from './reach-api.ts'
import { Reach } from './reach.ts'

const noReach: ReachApi = {
  probe: () => Promise.reject(new NodeError('usage', 'a network of dialect pubsub has no members to probe')),
}

/** Probes of a node in its cluster, its own and those that others ask for; where it has none, all is refused. */
export function joinProbes(host: ClusterHost | undefined, peering: Pick<Peering, 'keeper'>, libp2p: Libp2p): ReachApi {
  if (host === undefined) return noReach
  const prober = new Prober({ keeper: peering.keeper, meet: (peer) => host.meet(peer) })
  const answerer = new ProbeAnswerer({
    libp2p,
    prober,
    isMember: (peer) => host.membership.member(peer) !== undefined,
    // An id is as good as the key that it begins.
    peerOf: (id) => {
      const state = host.replica.stateOf(id)
      return state && peerIdFromKey(state.head.owner)
    },
  })
  host.onStart(() => answerer.start())
  host.onStop(() => prober.stop())
  return new Reach({ host, libp2p, prober })
}
