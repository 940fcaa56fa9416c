import { keyFromPeerId } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { Network } from '../home/network.ts'
import { parseTcpAddress } from './tcp-address.ts'

/** The address that a user gave, with the peer id if it has one. Error `usage`, also for one of our own, `self`. */
export function givenAddress(text: string, self: string): { readonly address: string; readonly peerId?: string } {
  const parsed = parseTcpAddress(text)
  if (parsed === undefined || (parsed.peerId !== undefined && keyFromPeerId(parsed.peerId) === undefined)) {
    throw new NodeError(
      'usage',
      `${JSON.stringify(text.slice(0, 200))} is not an address of a peer`,
      'give one such as /ip4/192.168.1.5/tcp/4100/p2p/12D3KooW…',
    )
  }
  if (parsed.peerId === self) throw new NodeError('usage', 'that is this node itself')
  return parsed
}

/** The addresses of a network's tickets that can be dialled. */
export function bootstrapAddresses({
  bootstrap,
}: Network): readonly { readonly peerId: string; readonly address: string }[] {
  return bootstrap.flatMap((text) => {
    const parsed = parseTcpAddress(text)
    return parsed?.peerId === undefined ? [] : [{ peerId: parsed.peerId, address: parsed.address }]
  })
}
