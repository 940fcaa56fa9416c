/**
 * The parts of @libp2p/gossipsub 17.1.1 that it does not export and that this folder reaches into. The version is
 * pinned exactly; `checkInternals` fails loudly at start if an upgrade moved one of them.
 */
import type { GossipSub } from '@libp2p/gossipsub'
import type { PeerId, Stream } from '@libp2p/interface'

/** A message as it stands in a gossipsub RPC. */
export interface RpcMessage {
  readonly topic: string
  data?: Uint8Array
  /** An author, which StrictNoSign forbids and stock gossipsub lets pass. */
  from?: Uint8Array | undefined
  seqno?: Uint8Array | undefined
  signature?: Uint8Array | undefined
  key?: Uint8Array | undefined
}

/** The control part of an RPC, with every list present. */
export interface RpcControl {
  readonly ihave: readonly { readonly topicID: string; readonly messageIDs: readonly Uint8Array[] }[]
  readonly iwant: readonly { readonly messageIDs: readonly Uint8Array[] }[]
  readonly graft: readonly { readonly topicID?: string }[]
  readonly prune: readonly { readonly topicID?: string }[]
  readonly idontwant: readonly { readonly messageIDs: readonly Uint8Array[] }[]
}

/** A gossipsub RPC as `sendRpc` takes it. */
export interface Rpc {
  readonly subscriptions: readonly { readonly topic?: string }[]
  messages: readonly RpcMessage[]
  control?: RpcControl
}

/** What a cache of seen ids must offer to gossipsub. */
export interface SeenCache {
  readonly size: number
  has(key: string): boolean
  /** Returns true if the key was there. */
  put(key: string): boolean
  prune(): void
  clear(): void
}

/** Gossipsub as this folder sees it. */
export interface GossipsubInternals extends Omit<GossipSub, 'publish'> {
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: Stream }>
  readonly streamsInbound: ReadonlyMap<string, { readonly rawStream: Stream }>
  /** Peers that take part in gossip; one that is connected but missing here was dropped by an error. */
  readonly peers: ReadonlyMap<string, PeerId>
  seenCache: SeenCache
  publishedMessageIds: SeenCache
  readonly score: {
    readonly params: { readonly topics: Record<string, object> }
    deliveryRecords: unknown
    score(peer: string): number
  }
  sendRpc(peer: string, rpc: Rpc): boolean
  /** Offers messages to a peer, with the next RPC that goes there. */
  pushGossip(peer: string, ihave: RpcControl['ihave'][number]): void
  validateReceivedMessage(from: PeerId, message: RpcMessage): Promise<{ readonly code: string }>
  handleControlMessage(peer: string, control: Partial<RpcControl> | undefined): Promise<void>
  publish(topic: string, data: Uint8Array): Promise<{ readonly recipients: readonly unknown[] }>
  /** Sends a message that is in the cache to the mesh, except to the peer that it came from. */
  forwardMessage(id: string, message: RpcMessage, from: string): void
  reportMessageValidationResult(id: string, from: string, verdict: 'accept' | 'ignore' | 'reject'): void
}

/** Sees gossipsub with its inner parts, after checking that each is what this folder expects. */
export function checkInternals(gossipsub: GossipSub): GossipsubInternals {
  const inner = gossipsub as unknown as GossipsubInternals
  const facts: Record<string, boolean> = {
    mesh: inner.mesh instanceof Map,
    streamsOutbound: inner.streamsOutbound instanceof Map,
    streamsInbound: inner.streamsInbound instanceof Map,
    peers: inner.peers instanceof Map,
    seenCache: isCache(inner.seenCache),
    publishedMessageIds: isCache(inner.publishedMessageIds),
    'score.params.topics': typeof inner.score?.params?.topics === 'object',
    'score.deliveryRecords': typeof inner.score?.deliveryRecords === 'object',
    sendRpc: typeof inner.sendRpc === 'function',
    pushGossip: typeof inner.pushGossip === 'function',
    validateReceivedMessage: typeof inner.validateReceivedMessage === 'function',
    handleControlMessage: typeof inner.handleControlMessage === 'function',
    forwardMessage: typeof inner.forwardMessage === 'function',
    reportMessageValidationResult: typeof inner.reportMessageValidationResult === 'function',
  }
  const missing = Object.keys(facts).filter((name) => !facts[name])
  if (missing.length > 0) throw new Error(`@libp2p/gossipsub has changed inside: ${missing.join(', ')}`)
  return inner
}

const isCache = (cache: SeenCache): boolean =>
  ['has', 'put', 'prune', 'clear'].every((name) => typeof cache?.[name as keyof SeenCache] === 'function')

/** Bytes of a message beside its topic: data, and where messages are signed, what belongs to the signature. */
export const sizeOfMessage = ({ data, from, seqno, signature, key }: RpcMessage): number =>
  (data?.length ?? 0) + (from?.length ?? 0) + (seqno?.length ?? 0) + (signature?.length ?? 0) + (key?.length ?? 0)
