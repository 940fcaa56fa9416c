import type { KeyWrite, Replica } from '@grapevine/protocol/state'
import type { NamedPeer } from '../peer/find-peer.ts'

/** What the state of a node is read from and written to. */
export interface StateSource {
  readonly peerId: string
  /** Our key, 32 bytes, and this life. */
  readonly owner: Uint8Array
  readonly epoch: number
  readonly replica: Pick<Replica, 'get' | 'stateOf' | 'owners'>
  /** Writes keys of our map; resolves when they are signed and on disk. Errors: see `StateApi.set`. */
  readonly write: (writes: readonly KeyWrite[]) => Promise<unknown>
  /** Peers that are known by name, besides owners. */
  readonly knownPeers: () => readonly NamedPeer[]
}
