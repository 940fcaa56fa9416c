import {
  shortPeer,
  toHex,
  type Message,
  type GapView,
  type LogQuery,
  type NetworkView,
  type PeerView,
  type PublishView,
  type StatusView,
  type TopicDefinitionInput,
  type TopicDetailView,
  type TopicView,
  type WhyView,
} from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import type { NodeApi, OutboxApi, PublishOptions, ReceiptApi, SubscribeOptions, Subscription } from './api.ts'
import { viewBodies } from './body/view.ts'
import type { ClusterHost } from './cluster/cluster-host.ts'
import { clusterOf, gather } from './cluster/gather.ts'
import type { MemberApi } from './cluster/member-api.ts'
import { roundTripsOf } from './cluster/round-trips.ts'
import { Comparing } from './compare/comparing.ts'
import { viewProgress, viewRecord } from './control-view.ts'
import { Engine } from './engine.ts'
import type { EvidenceBook } from './evidence/book.ts'
import { present } from './follow-up.ts'
import { gatherPayload, type Payload } from './gather-payload.ts'
import { ticketFor } from './home/index.ts'
import { networkView } from './home/network.ts'
import { readBlocks, readPeers } from './home/peers.ts'
import type { Host } from './libp2p-host.ts'
import type { LogFollower } from './log/follower.ts'
import type { Consumers } from './history/consumers.ts'
import { storedView } from './history/stored-view.ts'
import type { History } from './history/history.ts'
import { viewStream } from './history/stream-view.ts'
import { Subscriptions, type MessageStream } from './history/subscriptions.ts'
import { lastWords } from './last-words.ts'
import { listening } from './listening.ts'
import type { NodeParts } from './node-parts.ts'
import { BlockList } from './peer/block-list.ts'
import type { Peering, PeeringParts } from './peer/peering.ts'
import { peeringFor } from './peer/peering-for.ts'
import { joinQueries } from './query/join.ts'
import { joinProbes } from './probe/join.ts'
import { isForeign } from './reconcile/streams.ts'
import { findRecord, findWhole } from './record-search.ts'
import { SavedTopics } from './saved-topics.ts'
import { startHost } from './start-host.ts'
import { joinState } from './state/join.ts'
import { viewStatus } from './status-view.ts'
import { Archive } from './store/archive.ts'
import { keptTopics } from './store/limits.ts'
import { topicOf, type Topic } from './topic/topic.ts'
import { TopicHandle } from './topic/handle.ts'
import { TwinSilence } from './twin/silence.ts'
import { TwinWatch } from './twin/watch.ts'
import { version } from './version.ts'

/** A running node. Make one with `createNode`. */
export class Node implements NodeApi {
  readonly peerId: string
  readonly peering: Peering
  readonly evidence: EvidenceBook
  readonly comparing: Comparing
  readonly validators: NodeApi['validators']
  /** Undefined in a network of dialect pubsub. */
  readonly cluster: ClusterHost | undefined
  readonly state: NodeApi['state']
  readonly queries: NodeApi['queries']
  readonly rtt: NodeApi['rtt']
  readonly reach: NodeApi['reach']
  readonly #parts: NodeParts
  readonly #engine: Engine
  readonly #saved: SavedTopics
  readonly #subscriptions: Subscriptions
  readonly #startedAt = new Date()
  readonly #libp2p: Libp2p
  readonly #twinWatch: TwinWatch
  readonly #silence: TwinSilence
  #stopping: Promise<void> | undefined

  private constructor(
    parts: NodeParts,
    engine: Engine,
    { libp2p, dial }: Host,
    saved: SavedTopics,
    rest: Pick<PeeringParts, 'blocks' | 'saved'>,
  ) {
    this.#parts = parts
    this.#engine = engine
    this.#saved = saved
    this.#subscriptions = new Subscriptions({
      engine,
      parts,
      hold: (topic) => saved.hold(topic),
      knownPeers: () => [{ peerId: this.peerId, name: parts.settings.name }, ...this.peering.list(true)],
    })
    this.#libp2p = libp2p
    this.peerId = parts.identity.peerId
    this.evidence = engine.archive.evidence
    this.validators = engine.validators
    this.peering = peeringFor(parts, engine, { libp2p, dial }, rest)
    this.#silence = new TwinSilence(parts)
    this.cluster = gather({ parts, engine, libp2p, peering: this.peering, addresses: () => this.addresses() })
    this.state = joinState(this.cluster, { parts, peers: () => this.peers(true) })
    this.queries = joinQueries(this.cluster, { parts, engine, libp2p, peers: () => this.peers(true) })
    this.rtt = roundTripsOf(this.cluster, this.peering)
    this.reach = joinProbes(this.cluster, this.peering, libp2p)
    const isForeignTo = (peer: string): Promise<boolean> => isForeign(libp2p, peer)
    this.comparing = new Comparing({ engine, self: this.peerId, peering: this.peering, isForeign: isForeignTo })
    const onTwin = (from: string): void => this.#silence.begin(from)
    this.#twinWatch = new TwinWatch({ ...parts, libp2p, networkId: parts.network.id, onTwin })
  }

  /** Starts a node: it listens, dials and holds its topics when this resolves. Error `listen`. */
  static async start(parts: NodeParts): Promise<Node> {
    const { network } = parts
    const archive = await Archive.open(parts)
    const engine = new Engine({
      ...parts,
      archive,
      onTwin: (from) => node.#silence.begin(from),
      onMisconduct: (peer) => {
        node.peering.blocking.shutOut(peer)
        parts.log.part('node').warn('shut out a peer whose messages have to be rejected', { peer: shortPeer(peer) })
      },
    })
    const saved = new SavedTopics(parts.home, engine)
    await archive.restore()
    const rest = { blocks: new BlockList(readBlocks(parts.home)), saved: readPeers(parts.home, toHex(network.id)) }
    const host = await startHost(parts, engine.gossip, rest.blocks).catch(async (error: unknown) => {
      await engine.stop()
      throw error
    })
    const node = new Node(parts, engine, host, saved, rest)
    try {
      await engine.start(network, host.libp2p)
      await node.#twinWatch.start()
      await node.cluster?.start()
      for (const topic of parts.topics) engine.hold(topic)
      saved.restore()
      await node.consumers.restore()
      archive.tend(() => keptTopics(engine.topics, parts.config), parts.config['store.scrubBytes'])
    } catch (error) {
      await node.stop()
      throw error
    }
    node.peering.start()
    parts.log.part('node').info('started', { peer: node.peerId, network: network.name, version })
    return node
  }

  status(): StatusView {
    const { twin } = this.#silence
    const counters = { ...this.#engine.counters.view(), ...viewBodies(this.#parts.network, this.#engine) }
    return viewStatus({ node: this, parts: this.#parts, startedAt: this.#startedAt, counters, twin })
  }

  /** Named readers, which go on where they were. */
  get consumers(): Consumers {
    return this.#subscriptions.consumers
  }

  get history(): History {
    return this.#subscriptions.history
  }

  /** Addresses with peer id that the node listens on or announces. */
  addresses(): string[] {
    return this.#libp2p.getMultiaddrs().map(String)
  }

  network(): NetworkView {
    return networkView(this.#parts.network)
  }

  ticket(): string {
    const { network, identity, listen, announce } = this.#parts
    return ticketFor(network, identity, { listen: listening(listen, this.addresses()), announce })
  }

  peers(all = false): readonly PeerView[] {
    return this.peering.list(all)
  }

  topics(): readonly TopicView[] {
    return this.#engine.topics.names.map((topic) => this.#engine.views.view(topic))
  }

  hold(wanted: string | TopicDefinitionInput): Promise<TopicView> {
    const name = typeof wanted === 'string' ? wanted : wanted.name
    this.#saved.hold(typeof wanted === 'string' ? wanted : topicOf(wanted))
    return Promise.resolve(this.#engine.views.view(name))
  }

  define(definition: TopicDefinitionInput, replace = false): Promise<TopicDetailView> {
    this.#saved.hold(topicOf(definition), replace)
    return this.showTopic(definition.name)
  }

  async showTopic(topic: string): Promise<TopicDetailView> {
    const stored = await storedView(this.#engine.archive.store, topic)
    return { ...this.#engine.views.detail(topic), ...(stored && { stored }) }
  }

  release(topic: string): Promise<void> {
    this.#engine.release(topic)
    this.#saved.forget(topic)
    return Promise.resolve()
  }

  /** A typed view of a topic that was given to `createNode`, or is held from now on for as long as the node runs. */
  topic<Value>(topic: Topic<Value>): TopicHandle<Value> {
    this.#engine.hold(topic)
    return new TopicHandle(topic, this, this.#engine.bodies)
  }

  async publish(topic: string, payload: Payload, options: PublishOptions = {}): Promise<PublishView> {
    this.#silence.refuse()
    if (options.waitPeers === undefined || options.waitPeers === 0) this.#saved.hold(topic)
    else await this.waitForPeers(topic, options)
    const { receipts, parents = [] } = options
    const wants = receipts && present(this.#engine.followUp).wanted(topic, receipts, () => this.peers(true))
    const referred = parents.map((parent) => findWhole(parent, this.#engine.memory))
    const whole = payload instanceof Uint8Array ? payload : await gatherPayload(payload, this.#engine.views.held(topic))
    const view = await this.#engine.publish(topic, whole, referred)
    return wants === undefined ? view : present(this.#engine.followUp).collect(view, wants, options)
  }

  waitForPeers(topic: string, options: PublishOptions): Promise<void> {
    this.#saved.hold(topic)
    return this.#engine.waitForPeers(topic, options)
  }

  async subscribe(topics: readonly string[], options: SubscribeOptions = {}): Promise<Subscription> {
    const stream = await this.#subscriptions.open(topics, options)
    return viewStream(stream, { self: this.peerId, peers: this.#libp2p.getPeers().length, views: this.#engine.views })
  }

  /** Messages of topics from now on, with their payload bytes; a gap wherever the reader was too slow. */
  messages(topics: readonly string[]): AsyncIterable<Message | GapView> & { close(): void } {
    for (const topic of topics) this.#saved.hold(topic)
    return this.#engine.read({ names: topics })
  }

  /** The same from elsewhere, in an order, or for a consumer. Errors: see {@link Node.subscribe}. */
  stream(topics: readonly string[], options: SubscribeOptions): Promise<MessageStream> {
    return this.#subscriptions.open(topics, options)
  }

  why(id: string): WhyView {
    const found = findRecord(id, this.#engine.memory)
    const progress = viewProgress(this.#engine.memory.bodyProgress(found.record.gossipId))
    return this.evidence.tell({ ...viewRecord(found.id, found.record, this.peerId), ...progress })
  }

  async explain(id: string): Promise<WhyView> {
    const found = findRecord(id, this.#engine.memory)
    return { ...this.why(found.id), ...(await this.#engine.followUp?.about(found)) }
  }

  get outbox(): OutboxApi {
    return present(this.#engine.followUp).api
  }

  get receipts(): ReceiptApi {
    return present(this.#engine.followUp).receipts
  }

  get members(): MemberApi {
    return clusterOf(this.cluster).members
  }

  logs({ level = 'info', last = 0 }: LogQuery): LogFollower {
    return this.#parts.log.follow(level, last)
  }

  /** Takes no more publishes, and resolves once those under way have their answers, after 3 s at most. */
  drain(): Promise<void> {
    return this.#engine.drain()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await Promise.all([this.drain(), this.cluster?.leave()])
    if (this.#engine.counters.published > 0) await lastWords(this.#engine.gossip, this.#libp2p.getConnections())
    this.peering.stop()
    this.#twinWatch.stop()
    await this.cluster?.stop()
    await this.#engine.stop()
    await this.#libp2p.stop()
    this.#parts.log.part('node').info('stopped')
  }
}
