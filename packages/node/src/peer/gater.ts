import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { BlockList } from './block-list.ts'

/**
 * Holds libp2p to the block list, and to Ed25519 identities: checking an RSA key of the length that a peer chooses has
 * stopped nodes before (CVE-2023-39533).
 */
export function gaterOf(blocks: BlockList): ConnectionGater {
  const deniesPeer = (peer: PeerId): boolean => peer.type !== 'Ed25519' || blocks.refusesPeer(peer.toString())
  const deniesHost = (address: Multiaddr): boolean => blocks.refusesHost(hostOf(address.toString()))
  return {
    denyDialPeer: deniesPeer,
    denyDialMultiaddr: deniesHost,
    denyInboundConnection: ({ remoteAddr }) => deniesHost(remoteAddr),
    denyOutboundConnection: (peer, { remoteAddr }) => deniesPeer(peer) || deniesHost(remoteAddr),
    denyInboundEncryptedConnection: deniesPeer,
    denyOutboundEncryptedConnection: deniesPeer,
  }
}

/** The IP of a multiaddr, or nothing. */
export const hostOf = (address: string): string => /^(?:\/ip6zone\/[^/]+)?\/ip[46]\/([^/]+)/.exec(address)?.[1] ?? ''
