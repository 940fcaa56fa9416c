import { shortPeer } from '@grapevine/protocol'
import type { Connection } from '@libp2p/interface'
import { inboundComfort, inboundMax } from './descriptor-limit.ts'
import type { Gossip } from './gossip/gossip.ts'
import { createHost, type Host } from './libp2p-host.ts'
import { listenError, missingIPv6Error } from './listen-error.ts'
import { libp2pLogger } from './log/libp2p-logger.ts'
import type { PartLog } from './log/log.ts'
import type { NodeParts } from './node-parts.ts'
import type { BlockList } from './peer/block-list.ts'

/** The libp2p side of a node, listening on all its addresses, with its connections in the log. Error `listen`. */
export async function startHost(parts: NodeParts, gossip: Gossip, blocks: BlockList): Promise<Host> {
  const { identity, network, settings, config, log, listen, announce, transports } = parts
  const part = log.part('node')
  const inbound = inboundMax()
  if (inbound !== undefined && inbound < inboundComfort) {
    part.warn('few file descriptors: raise the limit (ulimit -n) for more connections', { inboundMax: inbound })
  }
  const host = await createHost({
    identity,
    name: settings.name,
    blocks,
    listen,
    announce,
    gossip,
    connectionsMax: config['connections.max'],
    inboundMax: inbound,
    onStranger: strangerLog(log.part('network')),
    ...(network.preSharedKey && { preSharedKey: network.preSharedKey }),
    ...(transports && { transports }),
    logger: libp2pLogger(log),
  }).catch(async (error: unknown) => {
    throw await listenError(error, listen)
  })
  try {
    await checkIPv6(host, listen, part)
  } catch (error) {
    await host.libp2p.stop()
    throw error
  }
  logConnections(host, part)
  part.debug('listening', { addresses: host.libp2p.getMultiaddrs().map((address) => String(address)) })
  return host
}

/** libp2p starts if all of IPv4 works and none of IPv6. That is right where there is no IPv6, and nowhere else. */
async function checkIPv6({ libp2p }: Host, listen: readonly string[], log: PartLog): Promise<void> {
  const wanted = listen.find((address) => address.startsWith('/ip6/'))
  if (wanted === undefined || libp2p.getMultiaddrs().some((address) => String(address).startsWith('/ip6/'))) return
  const error = await missingIPv6Error(wanted)
  if (error !== undefined) throw error
  log.warn('not reachable over IPv6: this machine has none', { address: wanted })
}

function logConnections({ libp2p }: Host, log: PartLog): void {
  const line =
    (text: string) =>
    ({ detail }: CustomEvent<Connection>): void => {
      if (!log.wants('debug')) return
      const { remotePeer, remoteAddr, direction } = detail
      log.debug(text, { peer: shortPeer(String(remotePeer)), address: String(remoteAddr), direction })
    }
  libp2p.addEventListener('connection:open', line('connected'))
  libp2p.addEventListener('connection:close', line('disconnected'))
}

/** Strangers are refused one by one, but told of once a minute at most: they must not fill the log. */
const strangerMs = 60_000

function strangerLog(log: PartLog): (address: string) => void {
  let toldAt = -Infinity
  let refused = 0
  return (address) => {
    refused++
    if (performance.now() - toldAt < strangerMs) return
    toldAt = performance.now()
    log.warn('refused a peer that speaks to another network or lacks the key of this one', { address, refused })
    refused = 0
  }
}
