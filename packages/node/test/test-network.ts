import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeBody, encodeEnvelope, fromHex, signedBytes, wireTopic, type EnvelopeBody } from '@grapevine/protocol'
import { gossipsub, StrictNoSign, type GossipSub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { onTestFinished } from 'vitest'
import { createNode, type NodeOptions } from '../src/create-node.ts'
import type { Node } from '../src/node.ts'

const listen = ['/ip4/127.0.0.1/tcp/0']

/** A node in a home of its own that ends with the test. Without a ticket it makes a network. */
export async function startNode(options: Partial<NodeOptions> = {}): Promise<Node> {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const network = options.ticket === undefined ? { network: 'test' } : {}
  const node = await createNode({ home, listen, control: false, ...network, ...options })
  onTestFinished(() => node.stop())
  return node
}

/** Waits for a condition; throws what it last was after `timeoutMs`. */
export async function until<T>(what: () => T, isDone: (value: T) => boolean, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = what()
    if (isDone(value)) return value
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Collects the texts that arrive at a node on a topic. */
export function collect(node: Node, topic: string): string[] {
  const texts: string[] = []
  const reader = node.messages([topic])
  void (async () => {
    for await (const item of reader) if (!('gap' in item)) texts.push(Buffer.from(item.payload).toString())
  })()
  return texts
}

/** A plain libp2p node with stock gossipsub that speaks our wire topics: a foreign, possibly hostile peer. */
export async function startForeign(node: Node, topics: readonly string[]): Promise<ForeignPeer> {
  const peer = await makeForeign(node.network().id, topics)
  await peer.connect(node)
  return peer
}

/** The same for a node in another process. Resolves once it can send there. */
export async function dialForeign(options: {
  readonly address: string
  readonly network: string
  readonly peerId: string
  readonly topics: readonly string[]
}): Promise<ForeignPeer> {
  const peer = await makeForeign(options.network, options.topics)
  await peer.libp2p.dial(multiaddr(options.address))
  await until(() => peer.inner.streamsOutbound.has(options.peerId), Boolean)
  return peer
}

async function makeForeign(networkId: string, topics: readonly string[]): Promise<ForeignPeer> {
  const libp2p = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({
        globalSignaturePolicy: StrictNoSign,
        allowPublishToZeroTopicPeers: true,
        msgIdFn: ({ topic, data }) => createHash('sha256').update(`${topic}\0`).update(data).digest(),
      }),
    },
  })
  onTestFinished(() => libp2p.stop())
  const peer = new ForeignPeer(libp2p, fromHex(networkId)!)
  for (const topic of topics) peer.gossip.subscribe(peer.wireName(topic))
  return peer
}

/** What stock gossipsub keeps for itself and a hostile program reaches for. */
interface Inner {
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: { writeBufferLength: number; status: string } }>
  sendRpc(peer: string, rpc: object): boolean
  handleReceivedRpc(from: PeerId, rpc: { readonly messages: readonly { readonly from?: Uint8Array }[] }): Promise<void>
}

export class ForeignPeer {
  readonly libp2p: Libp2p
  readonly #networkId: Uint8Array
  readonly #keys = generateKeyPairSync('ed25519')
  #sequence = 0

  constructor(libp2p: Libp2p, networkId: Uint8Array) {
    this.libp2p = libp2p
    this.#networkId = networkId
  }

  get gossip(): GossipSub {
    return this.libp2p.services['gossip'] as GossipSub
  }

  get inner(): Inner {
    return this.gossip as unknown as Inner
  }

  wireName(topic: string): string {
    return wireTopic(this.#networkId, topic)
  }

  /** Connects to a node in another process. */
  async dial(address: string): Promise<void> {
    await this.libp2p.dial(multiaddr(address))
  }

  /** Resolves once each side can send to the other, and knows what it reads. */
  async connect(node: Node): Promise<void> {
    await this.libp2p.dial(multiaddr(node.addresses()[0]))
    const id = this.libp2p.peerId.toString()
    await until(
      () =>
        this.inner.streamsOutbound.has(node.peerId) &&
        this.#knows(node) &&
        node.peers().some(({ peerId, topics }) => peerId === id && topics.length > 0),
      Boolean,
    )
  }

  /** What is published before that reaches nobody. */
  #knows(node: Node): boolean {
    const ours = new Set(this.gossip.getTopics())
    const held = node.topics().flatMap(({ topic, held: isHeld }) => (isHeld ? this.wireName(topic) : []))
    return held.every(
      (name) => !ours.has(name) || this.gossip.getSubscribers(name).some((peer) => peer.toString() === node.peerId),
    )
  }

  /** An envelope with one message; the signature is good unless another one is given. */
  envelope(topic: string, text: string, options: Partial<EnvelopeBody> & { signature?: Uint8Array } = {}): Uint8Array {
    const { signature, ...body } = options
    const { x } = this.#keys.publicKey.export({ format: 'jwk' })
    const bodyBytes = encodeBody({
      author: new Uint8Array(Buffer.from(x!, 'base64url')),
      epoch: 1,
      sequence: ++this.#sequence,
      time: Date.now() * 1000,
      parents: [],
      messages: [Buffer.from(text)],
      ...body,
    })
    const signed = signedBytes(this.#networkId, topic, bodyBytes)
    return encodeEnvelope(bodyBytes, signature ?? new Uint8Array(sign(null, signed, this.#keys.privateKey)))
  }

  async publish(topic: string, bytes: Uint8Array): Promise<void> {
    await this.gossip.publish(this.wireName(topic), bytes)
  }
}
