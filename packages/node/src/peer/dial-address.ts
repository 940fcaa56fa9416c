import type { Connection } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { BlockList } from './block-list.ts'
import { hostOf } from './gater.ts'

/** Dials one address, with or without a peer id, and nothing else. */
export type DialAddress = (address: string, signal: AbortSignal) => Promise<Connection>

/** What of libp2p's transport manager is used here. */
export interface Dialer {
  dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection>
}

/**
 * Dials straight through libp2p's transports: its dial queue tries the addresses of a peer one after the other
 * (research/libp2p.md §0, row 12), adds what its peer store has, and does not tell which address failed. The gater's
 * answers about peers hold here too, because the upgrader asks for them; that about the host is given here.
 */
export function dialAddressWith(transports: Dialer, blocks: BlockList): DialAddress {
  return async (address, signal) => {
    if (blocks.refusesHost(hostOf(address))) throw named('ConnectionInterceptedError', 'the address is blocked')
    // Node ties the life of a socket to its signal: one that fires later, as a timeout does, would end the connection.
    const control = new AbortController()
    const abort = (): void => control.abort(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', abort)
    const dialled = transports.dial(multiaddr(address), { signal: control.signal })
    const connection = await dialled.finally(() => signal.removeEventListener('abort', abort))
    if (connection.status !== 'open') throw named('ConnectionClosedError', 'hung up at once')
    return connection
  }
}

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
