import {
  type BodyReference,
  definitionHash,
  encodeBodyReference,
  type EnvelopeBody,
  schemaIdSize,
  sha256,
} from '@grapevine/protocol'
import { ChunkTree, decodeFetchFrame, encodeFetchFrame, type FetchFrame } from '@grapevine/protocol/fetch'
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { Node } from '../../src/node.ts'
import type { Topic } from '../../src/topic/topic.ts'
import { type ForeignPeer, startForeign } from '../test-network.ts'

/** Protocol of bodies in chunks, docs/protocol.md §22. */
export const fetchProtocol = '/grapevine/fetch/1'

/** A chunk that is asked for. */
export type Ask = (FetchFrame & { type: 'asks' })['asks'][number]

/** What to answer; undefined: nothing, ever. */
export type Answer = (ask: Ask) => FetchFrame | Uint8Array | undefined

/** A reference that a content topic takes: its id is the hash of the body unless another one is given. */
export function referenceTo(body: Uint8Array, change: Partial<BodyReference> = {}): BodyReference {
  return { id: sha256(body), size: body.length, root: new ChunkTree(body).root, ...change }
}

/** The honest answer. */
export function chunkOf(body: Uint8Array, { ref, index }: Ask): FetchFrame {
  const tree = new ChunkTree(body)
  return { type: 'chunk', ref, bytes: tree.chunk(index), proof: tree.proof(index) }
}

/** A peer with stock gossipsub that announces what it likes, and answers as it likes when it is asked. */
export class HostileSource {
  readonly peer: ForeignPeer
  readonly #node: Node
  readonly #topic: Topic<Uint8Array>
  /** What it was asked for. */
  readonly asks: Ask[] = []

  private constructor(peer: ForeignPeer, node: Node, topic: Topic<Uint8Array>) {
    this.peer = peer
    this.#node = node
    this.#topic = topic
  }

  /** Without an answer it does not speak the protocol at all. */
  static async start(node: Node, topic: Topic<Uint8Array>, answer?: Answer): Promise<HostileSource> {
    const source = new HostileSource(await startForeign(node, [topic.name]), node, topic)
    if (answer !== undefined) {
      const serve = (stream: Stream): void => void source.#serve(stream, answer).catch(() => stream.abort(new Error()))
      await source.peer.libp2p.handle(fetchProtocol, serve)
    }
    return source
  }

  get peerId(): string {
    return this.peer.libp2p.peerId.toString()
  }

  /** Announces a body: that is, passes on an envelope with a reference to it. */
  announce(reference: BodyReference): void {
    this.pass(this.envelope({ messages: [encodeBodyReference(reference)], reference }))
  }

  /** An envelope of its own, under the topic's definition. */
  envelope(body: Partial<EnvelopeBody>): Uint8Array {
    const schema = definitionHash(this.#topic.definition).slice(0, schemaIdSize)
    return this.peer.envelope(this.#topic.name, '', { schema, ...body })
  }

  /** Passes on an envelope. */
  pass(data: Uint8Array): void {
    const message = { topic: this.peer.wireName(this.#topic.name), data }
    this.peer.inner.sendRpc(this.#node.peerId, { subscriptions: [], messages: [message] })
  }

  async #serve(stream: Stream, answer: Answer): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: 300_000 })
    for (;;) {
      const frame = decodeFetchFrame((await frames.read()).slice())
      if (frame?.type !== 'asks') throw new Error('it asks in another way')
      for (const ask of frame.asks) {
        this.asks.push(ask)
        const given = answer(ask)
        if (given !== undefined) await frames.write(given instanceof Uint8Array ? given : encodeFetchFrame(given))
      }
    }
  }
}
