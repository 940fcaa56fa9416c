import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import type { ComponentLogger } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import type { Gossip } from './gossip/gossip.ts'
import type { Identity } from './home/identity.ts'
import { KeyGuard } from './key-guard.ts'
import type { BlockList } from './peer/block-list.ts'
import { agentOf } from './peer/claim.ts'
import { dialAddressWith, type DialAddress, type Dialer } from './peer/dial-address.ts'
import { gaterOf } from './peer/gater.ts'
import { coalescing } from './turbo/coalesce.ts'
import { lazyWindows } from './turbo/lazy-window.ts'
import { noiseCrypto } from './turbo/noise-crypto.ts'
import { version } from './version.ts'

/** Transports and the like that a test may replace; everything else is the node's own choice. */
export interface HostOptions {
  readonly identity: Identity
  readonly listen: readonly string[]
  readonly announce?: readonly string[]
  readonly preSharedKey?: Uint8Array
  readonly gossip: Gossip
  /** Connections that are kept at most. */
  readonly connectionsMax?: number
  /** Connections that others may open at most, on all addresses together. */
  readonly inboundMax?: number | undefined
  /** Somebody came who lacks the key of this private network. */
  readonly onStranger?: (address: string) => void
  /** Whom to keep out. */
  readonly blocks: BlockList
  /** A name for people, which others see. */
  readonly name?: string | undefined
  readonly transports?: NonNullable<Libp2pOptions['transports']>
  readonly logger?: ComponentLogger
}

/** yamux grows a stream's window to 16 MiB but kills a stream that has 4 MiB unread: pausing one would end it. */
const streamOptions = {
  initialStreamWindowSize: 256 << 10,
  maxStreamWindowSize: 1 << 20,
  maxReadBufferLength: 8 << 20,
  /** Gossip streams are silent while nothing is said; their end must come from the connection only. */
  inactivityTimeout: 2 ** 31 - 1,
}

/** libp2p pings, we do (peer/silent-links.ts), and so does a user: on a slow link at the same time. Its default is one, and two inbound. */
const pingLimits = { maxInboundStreams: 8, maxOutboundStreams: 8 }

/** A libp2p node, and a way past its dial queue. */
export interface Host {
  readonly libp2p: Libp2p
  readonly dial: DialAddress
}

/** A libp2p node set up as this project needs it: see docs/architecture.md for the trap behind each line. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { identity, preSharedKey: key, blocks } = options
  // libp2p counts for each listener.
  const inboundMax = options.inboundMax && Math.max(1, Math.floor(options.inboundMax / (options.listen.length || 1)))
  const guard = key && new KeyGuard(key, options.onStranger ?? (() => undefined))
  const libp2p = await createLibp2p({
    privateKey: privateKeyFromRaw(Buffer.concat([identity.seed, identity.publicKey])),
    addresses: { listen: [...options.listen], ...(options.announce && { appendAnnounce: [...options.announce] }) },
    transports: options.transports ?? [tcp(inboundMax === undefined ? {} : { maxConnections: inboundMax })],
    connectionEncrypters: [coalescing(noise(noiseCrypto && { crypto: noiseCrypto }))],
    // One muxer only: with two, both sides must list them in the same order or the connection dies.
    streamMuxers: [lazyWindows(yamux({ streamOptions }))],
    ...(guard && { connectionProtector: guard.protector }),
    ...(options.logger && { logger: options.logger }),
    nodeInfo: { name: 'grapevine', version, userAgent: agentOf(version, options.name) },
    connectionGater: gaterOf(blocks),
    connectionManager: {
      ...(options.connectionsMax !== undefined && { maxConnections: options.connectionsMax }),
      // Ten silent sockets on the default of 10 lock every new peer out (research: honest connects 2 of 12, with this 12 of 12).
      maxIncomingPendingConnections: 512,
      // 5 a second and host is too few for several nodes on one machine; what a host can hold is bounded above.
      inboundConnectionThreshold: 100,
      // Addresses are tried one after the other: a dead one must not hold up the others.
      addressDialTimeout: 2_000,
      dialTimeout: 10_000,
      // The peer keeper redials, for ever; libp2p gives up after five.
      reconnectRetries: 0,
    },
    // Measured: the default kills slow but healthy links, and 30 % loss at 300 ms then leaves no connection at all.
    connectionMonitor: { abortConnectionOnPingFailure: false },
    services: { identify: identify(), ping: ping(pingLimits), gossip: options.gossip.service, dialer },
  })
  const dial = dialAddressWith(libp2p.services.dialer, blocks)
  return { libp2p, dial: guard === undefined ? dial : (address, signal) => guard.dial(dial, address, signal) }
}

/** A service's factory is the only public way to libp2p's transports; the manager itself would be started twice. */
const dialer = ({ transportManager }: { readonly transportManager: Dialer }): Dialer => ({
  dial: (address, options) => transportManager.dial(address, options),
})
