import type { PeerView } from '@grapevine/protocol/control'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import type { StateApi } from '../cluster/state-api.ts'
import type { NodeParts } from '../node-parts.ts'
import { noState } from './no-state.ts'
import { State } from './state.ts'

/** What else the state of a node needs of it. */
export interface JoinOptions {
  readonly parts: Pick<NodeParts, 'identity' | 'epoch' | 'settings'>
  /** All that are known, by name. */
  readonly peers: () => readonly PeerView[]
}

/** The state of a node in its cluster; where it has none, all is refused. */
export function joinState(cluster: ClusterHost | undefined, { parts, peers }: JoinOptions): StateApi {
  if (cluster === undefined) return noState
  const { identity, epoch, settings } = parts
  const { peerId } = identity
  const state = new State({
    peerId,
    owner: identity.publicKey,
    epoch,
    replica: cluster.replica,
    write: (writes) => cluster.write(writes),
    knownPeers: () => [{ peerId, name: settings.name }, ...peers(), ...cluster.members.named()],
  })
  cluster.onState((owner, changes) => state.changed(owner, changes))
  cluster.onStop(() => state.close())
  return state
}
