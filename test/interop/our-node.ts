import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, type Node, type Topic } from '@grapevine/node'
import { readLog } from '@grapevine/node/home'
import { encodeTicket, fromHex, wireTopic, type Dialect } from '@grapevine/protocol'
import { onTestFinished } from 'vitest'
import { until } from '../site.ts'

/** A node of ours beside peers in other languages, on loopback; it ends with the test. */
export class OurNode {
  readonly #home: string = mkdtempSync(join(tmpdir(), 'grapevine-interop-'))
  readonly #topics: readonly Topic[]
  readonly #ticket: string
  readonly #dialect: Dialect
  /** Network id in hex. */
  readonly network: string
  #node: Node | undefined
  #port = 0
  /** By topic. */
  readonly #texts = new Map<string, string[]>()

  private constructor(network: string, topics: readonly Topic[], dialect: Dialect) {
    this.network = network
    this.#topics = topics
    this.#dialect = dialect
    // Without addresses: nodes of one network that do not know each other.
    this.#ticket = encodeTicket({ name: 'interop', networkId: fromHex(network)!, dialect, addresses: [] })
  }

  static async start(network: string, topics: readonly Topic[], dialect: Dialect = 'grapevine'): Promise<OurNode> {
    const ours = new OurNode(network, topics, dialect)
    onTestFinished(async () => {
      await ours.stop()
      rmSync(ours.#home, { recursive: true, force: true })
    })
    await ours.start()
    return ours
  }

  /** Starts it again where it was. */
  async start(): Promise<void> {
    const node = await createNode({
      home: this.#home,
      ticket: this.#ticket,
      topics: this.#topics,
      listen: [`/ip4/127.0.0.1/tcp/${this.#port}`],
      control: false,
    })
    this.#node = node
    this.#port = Number(/\/tcp\/(\d+)/.exec(this.address)![1])
    for (const { name } of this.#topics) void this.#collect(name)
  }

  async stop(): Promise<void> {
    await this.#node?.stop()
    this.#node = undefined
  }

  get node(): Node {
    if (this.#node === undefined) throw new Error('the node is not up')
    return this.#node
  }

  get id(): string {
    return this.node.status().peerId
  }

  /** The multiaddr that it listens on, with its peer id. */
  get address(): string {
    const [address] = this.node.status().addresses
    return address!.includes('/p2p/') ? address! : `${address}/p2p/${this.id}`
  }

  wireTopic(name: string): string {
    return this.#dialect === 'pubsub' ? name : wireTopic(fromHex(this.network)!, name)
  }

  /** Publishes `PREFIX 0` to `PREFIX (count − 1)`, as fast as the node takes them. */
  async publish(topic: string, prefix: string, count: number): Promise<void> {
    await Promise.all(
      texts(prefix, count).map((text) =>
        this.node.publish(topic, Buffer.from(text), { waitPeers: 1, timeoutMs: 30_000 }),
      ),
    )
  }

  /** Waits until as many messages have arrived on a topic; returns what has. */
  received(topic: string, count: number): Promise<readonly string[]> {
    return until(
      () => this.texts(topic),
      ({ length }) => length >= count,
      60_000,
    )
  }

  /** What has arrived on a topic so far, over all lives of the node, in order of arrival. */
  texts(topic: string): readonly string[] {
    return this.#texts.get(topic) ?? []
  }

  /**
   * Waits until our mesh on a topic has as many peers: gossipsub grafts once a second, and passes on to the mesh only. Of
   * what is passed on in that second a newcomer is told, but not of thousands of messages.
   */
  async hasMesh(topic: string, count: number): Promise<void> {
    await until(
      () => this.node.topics().find((view) => view.topic === topic)?.mesh,
      (mesh) => mesh === count,
    )
  }

  /** Gossipsub score of a peer. */
  score(peer: string): number {
    const view = this.node.status().peers.find(({ peerId }) => peerId === peer)
    if (view?.score === undefined) throw new Error(`${peer} is not connected`)
    return view.score
  }

  /** What the node says of a peer that goes by other rules. */
  problem(peer: string): string | undefined {
    return this.node.status().peers.find(({ peerId }) => peerId === peer)?.problem
  }

  /** Lines of its log that warn. */
  warnings(): ReturnType<typeof readLog> {
    // Whoever begins to follow gets all that was written, so it is on disk then.
    this.node.logs({}).close()
    return readLog(this.#home, { level: 'warn', last: 1_000 })
  }

  async #collect(topic: string): Promise<void> {
    const arrived = this.#texts.get(topic) ?? []
    this.#texts.set(topic, arrived)
    for await (const item of this.node.messages([topic])) {
      if ('gap' in item) throw new Error(`the reader of ${topic} was too slow`)
      // Our own messages are delivered here too.
      if (item.from !== undefined) arrived.push(Buffer.from(item.payload).toString())
    }
  }
}

/** `PREFIX 0` to `PREFIX (count − 1)`. */
export const texts = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at}`)
