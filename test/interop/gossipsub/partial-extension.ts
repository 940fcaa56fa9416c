import type { Gossip } from '../../../packages/node/src/gossip/gossip.ts'
import { PartialMessage } from './partial-message.ts'
import { bytesOf, decode, encode, isSet } from './protobuf.ts'

/** Gossipsub with extensions: github.com/libp2p/specs, pubsub/gossipsub/gossipsub-v1.3.md. */
const protocol = '/meshsub/1.3.0'

/** Numbers of fields, from that version's RPC. */
const rpcField = { subscription: 1, control: 3, partial: 10 }
const subscriptionField = { subscribe: 1, topic: 2, requestsPartial: 3 }
const controlField = { extensions: 6 }
const extensionsField = { partialMessages: 10 }
const partialField = { topic: 1, group: 2, message: 3, metadata: 4 }

/** That we speak partial messages: has to be in the first RPC on a stream. */
const hello = encode([
  [rpcField.control, encode([[controlField.extensions, encode([[extensionsField.partialMessages, 1]])]])],
])

/** What of @libp2p/gossipsub is needed here. */
interface Internals {
  readonly protocols: string[]
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: Map<string, OutboundStream>
  sendSubscriptions(peer: string, topics: readonly string[], subscribe: boolean): void
  decodeRpc(bytes: Uint8Array): object
  handleReceivedRpc(from: { toString(): string }, rpc: object): Promise<void>
}

interface OutboundStream {
  readonly protocol: string
  push(bytes: Uint8Array): void
}

/** What is known of one peer about one group. */
interface Standing {
  /** Bitmap of the parts that it has; undefined until it has said so. */
  theirs: number | undefined
  /** The bitmap of ours that it was told last. */
  told: number | undefined
}

interface Group {
  readonly message: PartialMessage
  readonly standings: Map<string, Standing>
}

/**
 * The extension for partial messages, for a runner of gossipsub-interop: @libp2p/gossipsub has none. A peer is told which
 * parts are here, and is sent those that it is known to lack.
 */
export class PartialExtension {
  readonly #onComplete: (group: bigint) => void
  readonly #topics = new Set<string>()
  readonly #groups = new Map<string, Group>()
  /** Peers that speak the extension. */
  readonly #speakers = new Set<string>()
  #inner: Internals | undefined

  /** To be made before the libp2p host, of a gossip that has not been used yet. */
  constructor(gossip: Gossip, onComplete: (group: bigint) => void) {
    this.#onComplete = onComplete
    const make = gossip.service
    Object.assign(gossip, {
      service: (components: Parameters<Gossip['service']>[0]) => {
        const service = make(components)
        this.#adopt(service as unknown as Internals)
        return service
      },
    })
  }

  /** From now on a subscription to this topic asks for parts in place of whole messages. */
  request(topic: string): void {
    this.#topics.add(topic)
  }

  /** Holds the parts of a message, beside those of its group that have come. */
  add(topic: string, message: PartialMessage): void {
    const held = this.#held(topic, message.id).message
    const parts = message.encodeFor(0)
    if (parts !== undefined && held.extend(parts) && held.isComplete) this.#onComplete(held.group)
  }

  /** Tells peers of a group: those in the mesh unless others are named. */
  publish(topic: string, id: Uint8Array, peers: Iterable<string> = this.#inner?.mesh.get(topic) ?? []): void {
    const group = this.#held(topic, id)
    for (const peer of peers) if (this.#speakers.has(peer)) this.#tell(peer, topic, group)
  }

  #adopt(inner: Internals): void {
    this.#inner = inner
    inner.protocols.unshift(protocol)
    const { streamsOutbound } = inner
    const set = streamsOutbound.set.bind(streamsOutbound)
    streamsOutbound.set = (peer, stream) => {
      if (stream.protocol === protocol) stream.push(hello)
      return set(peer, stream)
    }
    inner.sendSubscriptions = (peer, topics, subscribe) => {
      const subscriptions = topics.map((topic) =>
        encode([
          [subscriptionField.subscribe, Number(subscribe)],
          [subscriptionField.topic, topic],
          [subscriptionField.requestsPartial, Number(this.#topics.has(topic))],
        ]),
      )
      streamsOutbound.get(peer)?.push(encode(subscriptions.map((bytes) => [rpcField.subscription, bytes] as const)))
    }
    const bytesOfRpc = new WeakMap<object, Uint8Array>()
    const decodeRpc = inner.decodeRpc.bind(inner)
    inner.decodeRpc = (bytes) => {
      const rpc = decodeRpc(bytes)
      bytesOfRpc.set(rpc, bytes)
      return rpc
    }
    const handle = inner.handleReceivedRpc.bind(inner)
    inner.handleReceivedRpc = async (from, rpc) => {
      await handle(from, rpc)
      this.#received(String(from), bytesOfRpc.get(rpc) ?? new Uint8Array())
    }
  }

  #received(from: string, rpc: Uint8Array): void {
    for (const [field, value] of decode(rpc)) {
      if (typeof value === 'number') continue
      if (field === rpcField.control) {
        const extensions = bytesOf(value, controlField.extensions)
        if (extensions !== undefined && isSet(extensions, extensionsField.partialMessages)) this.#speakers.add(from)
      }
      if (field === rpcField.partial) this.#receivedPartial(from, value)
    }
  }

  #receivedPartial(from: string, partial: Uint8Array): void {
    const topic = Buffer.from(bytesOf(partial, partialField.topic) ?? []).toString()
    const id = bytesOf(partial, partialField.group)
    if (id?.length !== 8) return
    const group = this.#held(topic, id)
    const encoded = bytesOf(partial, partialField.message)
    const [theirs] = bytesOf(partial, partialField.metadata) ?? []
    const standing = standingOf(group, from)
    if (theirs !== undefined) standing.theirs = theirs
    // Whoever sends a part has it.
    if (encoded?.[0] !== undefined) standing.theirs = (standing.theirs ?? 0) | encoded[0]
    const hasGrown = encoded !== undefined && group.message.extend(encoded)
    if (hasGrown && group.message.isComplete) this.#onComplete(group.message.group)
    if (hasGrown) this.publish(topic, id)
    if (standing.theirs !== group.message.bitmap) this.#tell(from, topic, group)
  }

  #held(topic: string, id: Uint8Array): Group {
    const name = `${Buffer.from(id).toString('hex')} ${topic}`
    const group = this.#groups.get(name) ?? { message: new PartialMessage(id.slice()), standings: new Map() }
    this.#groups.set(name, group)
    return group
  }

  #tell(peer: string, topic: string, group: Group): void {
    const { message } = group
    const standing = standingOf(group, peer)
    const { bitmap } = message
    const encoded = standing.theirs === undefined ? undefined : message.encodeFor(standing.theirs)
    if (encoded === undefined && standing.told === bitmap) return
    this.#inner?.streamsOutbound
      .get(peer)
      ?.push(
        encode([
          [
            rpcField.partial,
            encode([
              [partialField.topic, topic],
              [partialField.group, message.id],
              ...(encoded === undefined ? [] : [[partialField.message, encoded] as const]),
              [partialField.metadata, Uint8Array.of(bitmap)],
            ]),
          ],
        ]),
      )
    standing.told = bitmap
    if (encoded !== undefined) standing.theirs = standing.theirs! | bitmap
  }
}

function standingOf({ standings }: Group, peer: string): Standing {
  const standing = standings.get(peer) ?? { theirs: undefined, told: undefined }
  standings.set(peer, standing)
  return standing
}
