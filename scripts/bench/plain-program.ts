/**
 * libp2p with @libp2p/gossipsub alone, as its documents set it up: StrictSign, and every default but what ten nodes on one
 * machine need. program.ts says what it does.
 */
import { readFileSync } from 'node:fs'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { serve, topic } from './program.ts'

const versionOf = (name: string): string => {
  const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return `${name} ${(JSON.parse(manifest) as { version: string }).version}`
}

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  // Ten nodes behind one address: more than 5 connections a second from it, and no penalty for it.
  connectionManager: { inboundConnectionThreshold: 100 },
  services: {
    identify: identify(),
    gossip: gossipsub({ globalSignaturePolicy: 'StrictSign', scoreParams: { IPColocationFactorWeight: 0 } }),
  },
})
/** Its type leaves the mesh out. */
const gossip = node.services.gossip as GossipSub & { getMeshPeers(topic: string): readonly string[] }

await serve({
  address: String(node.getMultiaddrs()[0]),
  versions: ['libp2p', '@libp2p/gossipsub'].map(versionOf).join(', '),
  dial: (address) => node.dial(multiaddr(address)),
  join: async (tally) => {
    gossip.addEventListener('message', ({ detail }) => tally.take(detail.data))
    gossip.subscribe(topic)
  },
  publish: (payload) => gossip.publish(topic, payload),
  peers: () => gossip.getMeshPeers(topic).length,
  stop: () => Promise.resolve(node.stop()),
})
