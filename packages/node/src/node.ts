import { randomInt, hash } from 'node:crypto'
import { fromHex, shortPeer, type Action, type NetworkView, type PeerView, type PublishView, type StatusView, type TopicView, type WhyView } from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import type { NodeApi, PublishOptions, Subscription } from './api.ts'
import { viewMessage, viewRecord } from './control-view.ts'
import { Counters } from './counters.ts'
import { sign, verify } from './crypto.ts'
import { Driver } from './driver.ts'
import { NodeError } from './error.ts'
import { Gossip } from './gossip/gossip.ts'
import { readHeldTopics, writeHeldTopics } from './home/held-topics.ts'
import type { Identity } from './home/identity.ts'
import { ticketFor } from './home/index.ts'
import { networkView, type Network } from './home/network.ts'
import type { Settings } from './home/settings.ts'
import { createHost, type HostOptions } from './libp2p-host.ts'
import { PeerKeeper } from './peer-keeper.ts'
import { viewPeers } from './peer-view.ts'
import { Publications } from './publications.ts'
import { rulesOf, type TopicDefinition } from './topic-definition.ts'
import { TopicTable } from './topic-table.ts'
import { version } from './version.ts'

/** All that a node is made of, once its home is open. */
export interface NodeParts {
  readonly home: string
  readonly identity: Identity
  readonly network: Network
  readonly settings: Settings
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly epoch: number
  readonly topics: readonly TopicDefinition[]
  readonly transports?: NonNullable<HostOptions['transports']>
  readonly logger?: NonNullable<HostOptions['logger']>
  /** Messages per envelope at most; 1 turns batching off. */
  readonly batchMax?: number
  /** Called once when another node is seen to sign with our key. */
  readonly onImpersonated?: (from: string) => void
}

const waitMsDefault = 30_000
const pollMs = 25

/** A running node. Make one with `createNode`. */
export class Node implements NodeApi {
  readonly peerId: string
  readonly #parts: NodeParts
  readonly #topics: TopicTable
  readonly #gossip: Gossip
  readonly #driver: Driver
  readonly #publications = new Publications()
  readonly #counters = new Counters()
  readonly #startedAt = new Date()
  #libp2p!: Libp2p
  #keeper!: PeerKeeper
  #stopping: Promise<void> | undefined

  private constructor(parts: NodeParts) {
    this.#parts = parts
    this.peerId = parts.identity.peerId
    this.#topics = new TopicTable(parts.topics)
    this.#gossip = new Gossip({
      onMessage: (topic, from, gossipId, bytes) =>
        this.#driver.dispatch({ type: 'received', topic, from, gossipId, bytes, wall: Date.now() * 1000 }),
      onCopy: (gossipId, from) => {
        this.#counters.copies++
        this.#driver.dispatch({ type: 'copied', gossipId, from })
      },
      onSent: (gossipId, to) => this.#driver.dispatch({ type: 'sent', gossipId, to }),
    })
    const { identity, network, epoch, batchMax } = parts
    this.#driver = new Driver(
      {
        networkId: network.id,
        author: identity.publicKey,
        epoch,
        salt: randomInt(2 ** 32 - 1),
        sha256: (bytes) => hash('sha256', bytes, 'buffer'),
        ...(batchMax !== undefined && { batchMax }),
      },
      {
        sign: ({ ref, bytes }) => this.#driver.dispatch({ type: 'signed', ref, signature: sign(bytes, identity) }),
        verify: ({ ref, bytes, signature, author }) =>
          this.#driver.dispatch({ type: 'verified', ref, valid: verify(bytes, signature, author) }),
        judge: (action) => void this.#judge(action),
        gossip: (action) => void this.#send(action),
        verdict: (action) => this.#decided(action),
        deliver: ({ messages }) => {
          this.#counters.delivered += messages.length
          this.#topics.deliver(messages)
        },
        published: (action) => {
          this.#counters.published++
          this.#publications.published(action)
        },
        refused: (action) => this.#publications.refused(action),
        impersonated: ({ from }) => parts.onImpersonated?.(from),
      },
    )
  }

  /** Starts a node: it listens, dials and holds its topics when this resolves. Error `listen`. */
  static async start(parts: NodeParts): Promise<Node> {
    const node = new Node(parts)
    await node.#start()
    return node
  }

  status(): StatusView {
    const { home, settings, network } = this.#parts
    return {
      pid: process.pid,
      peerId: this.peerId,
      short: shortPeer(this.peerId),
      ...(settings.name !== undefined && { name: settings.name }),
      version,
      home,
      started: this.#startedAt.toISOString(),
      addresses: this.addresses(),
      network: networkView(network),
      peers: this.peers(),
      topics: this.topics(),
      counters: this.#counters.view(),
    }
  }

  /** Addresses with peer id that the node listens on or announces. */
  addresses(): string[] {
    return this.#libp2p.getMultiaddrs().map(String)
  }

  network(): NetworkView {
    return networkView(this.#parts.network)
  }

  ticket(): string {
    const { network, identity, settings, listen, announce } = this.#parts
    return ticketFor(network, identity, { ...settings, listen: listen.length > 0 ? this.#listening(listen) : [], announce })
  }

  peers(all = false): readonly PeerView[] {
    const held = this.#topics.names
    return viewPeers(this.#libp2p, this.#keeper.list(), {
      all,
      score: (peer) => this.#gossip.score(peer),
      topicsOf: (peer) => held.filter((topic) => this.#gossip.subscribers(this.#wireName(topic)).includes(peer)),
    })
  }

  topics(): readonly TopicView[] {
    return this.#topics.names.map((topic) => this.#viewTopic(topic))
  }

  hold(topic: string): Promise<TopicView> {
    this.#holdNow(topic)
    return Promise.resolve(this.#viewTopic(topic))
  }

  release(topic: string): Promise<void> {
    if (!this.#topics.release(topic)) throw new NodeError('not-held', `topic ${topic} is not held`, 'see: grapevine topic ls')
    this.#gossip.unsubscribe(this.#wireName(topic))
    this.#driver.dispatch({ type: 'release', topic })
    this.#saveTopics()
    return Promise.resolve()
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<PublishView> {
    this.#refuseStopped()
    this.#holdNow(topic)
    if (options.waitPeers !== undefined && options.waitPeers > 0) await this.waitForPeers(topic, options)
    return this.#publications.add(topic, (ref) =>
      this.#driver.dispatch({ type: 'publish', ref, topic, payload, time: Date.now() * 1000 }),
    )
  }

  async waitForPeers(topic: string, options: PublishOptions): Promise<void> {
    this.#holdNow(topic)
    const { waitPeers = 1, timeoutMs = waitMsDefault, signal } = options
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const { length } = this.#gossip.subscribers(this.#wireName(topic))
      if (length >= waitPeers) return
      signal?.throwIfAborted()
      this.#refuseStopped()
      if (performance.now() >= deadline) {
        throw new NodeError('timeout', `${length} of ${waitPeers} peers in ${topic} after ${timeoutMs} ms`, 'see: grapevine peer ls --all')
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  subscribe(topics: readonly string[]): Promise<Subscription> {
    this.#refuseStopped()
    for (const topic of topics) this.#holdNow(topic)
    const reader = this.#topics.read(topics)
    const self = this.peerId
    const peers = Object.fromEntries(topics.map((topic) => [topic, { peers: this.#viewTopic(topic).peers }]))
    return Promise.resolve({
      peers,
      close: () => reader.close(),
      async *[Symbol.asyncIterator]() {
        for await (const item of reader) yield 'gap' in item ? item : viewMessage(item, self)
      },
    })
  }

  why(id: string): WhyView {
    const bytes = id.length === 64 ? fromHex(id.toLowerCase()) : undefined
    if (bytes === undefined) throw new NodeError('usage', 'an id has 64 hex digits', 'copy it whole, as pub or sub --json print it')
    const record = this.#driver.why(bytes)
    if (record !== undefined) return viewRecord(id.toLowerCase(), record, this.peerId)
    throw new NodeError('not-found', `nothing is known of ${id}`, 'this node never saw it, or saw it too long ago')
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #start(): Promise<void> {
    const { identity, network, listen, announce, transports, logger } = this.#parts
    this.#libp2p = await createHost({
      identity,
      listen,
      announce,
      gossip: this.#gossip,
      ...(network.preSharedKey && { preSharedKey: network.preSharedKey }),
      ...(transports && { transports }),
      ...(logger && { logger }),
    }).catch((error: unknown) => {
      throw listenError(error, listen)
    })
    this.#keeper = new PeerKeeper(this.#libp2p)
    for (const topic of new Set([...readHeldTopics(this.#parts.home), ...this.#topics.defined])) this.#holdNow(topic)
    for (const address of network.bootstrap) this.#keeper.keep(address)
  }

  async #stop(): Promise<void> {
    this.#keeper.stop()
    this.#topics.closeReaders()
    this.#publications.stop()
    this.#gossip.stop()
    await this.#libp2p.stop()
  }

  #holdNow(name: string): void {
    const topic = this.#topics.hold(name)
    if (topic === undefined) return
    this.#driver.dispatch({ type: 'hold', rules: rulesOf(topic.definition, this.#parts.network.id) })
    this.#gossip.subscribe(this.#wireName(name))
    this.#saveTopics()
  }

  async #judge({ ref, topic, messages }: Action & { type: 'judge' }): Promise<void> {
    const judgements = (await this.#topics.get(topic)?.judge?.judge(messages)) ?? []
    this.#driver.dispatch({ type: 'judged', ref, judgements })
  }

  async #send({ ref, topic, bytes }: Action & { type: 'gossip' }): Promise<void> {
    let peers = 0
    try {
      peers = await this.#gossip.publish(topic, bytes)
    } catch {
      // A node that stops: the publish ends as local.
    }
    // What else arrives in this turn of the event loop joins the next batch.
    setImmediate(() => this.#driver.dispatch({ type: 'gossiped', ref, peers }))
  }

  #decided({ gossipId, from, decision }: Action & { type: 'verdict' }): void {
    this.#counters.decided(decision)
    const { verdict } = decision
    this.#gossip.verdict(gossipId, from, verdict === 'accept' || verdict === 'reject' ? verdict : 'ignore')
  }

  #viewTopic(topic: string): TopicView {
    const wireName = this.#wireName(topic)
    const held = this.#topics.get(topic)
    return {
      topic,
      held: held !== undefined,
      peers: this.#gossip.subscribers(wireName).length,
      mesh: this.#gossip.meshPeers(wireName).length,
      readers: held?.readers.size ?? 0,
    }
  }

  #wireName(topic: string): string {
    return rulesOf({ name: topic }, this.#parts.network.id).wireName
  }

  #saveTopics(): void {
    writeHeldTopics(this.#parts.home, this.#topics.names)
  }

  /** What was asked for with port 0 got a real port. */
  #listening(listen: readonly string[]): readonly string[] {
    if (!listen.some((address) => address.endsWith('/tcp/0'))) return listen
    return this.addresses().map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
  }

  #refuseStopped(): void {
    if (this.#stopping !== undefined) throw new NodeError('stopped', 'the node is stopping')
  }
}

function listenError(error: unknown, listen: readonly string[]): unknown {
  const causes = [error, ...((error as AggregateError)?.errors ?? []), (error as Error)?.cause] as NodeJS.ErrnoException[]
  const busy = causes.find((cause) => cause?.code === 'EADDRINUSE' || cause?.message?.includes('EADDRINUSE'))
  if (busy !== undefined) {
    return new NodeError('listen', `${listen.join(', ')}: the port is in use`, 'end the program that has it, or give another with --listen', { cause: error })
  }
  if ((error as Error)?.name === 'UnsupportedListenAddressesError') {
    return new NodeError('listen', `cannot listen on ${listen.join(', ')}: ${(error as Error).message}`, 'give another address with --listen', { cause: error })
  }
  return error
}
