import { shortPeer } from '@grapevine/protocol'
import type { Action, Event, PublishView } from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import type { PublishOptions } from './api.ts'
import { BodyHost } from './body/body-host.ts'
import type { Archive } from './store/archive.ts'
import { Comparisons } from './compare/comparisons.ts'
import { Counters } from './counters.ts'
import { Driver } from './driver.ts'
import { driverOptionsOf, type EngineOptions } from './engine-options.ts'
import { DependencyStreams } from './defer/streams.ts'
import { NodeError } from './error.ts'
import { FollowUp } from './follow-up.ts'
import { Gossip } from './gossip/gossip.ts'
import type { GossipEvents } from './gossip/gossip-events.ts'
import { Importer } from './history/importer.ts'
import type { Network } from './home/network.ts'
import { Outcomes } from './outcomes.ts'
import { waitForPeers } from './peer-wait.ts'
import { Publications } from './publications.ts'
import { ReconcileStreams } from './reconcile/streams.ts'
import type { Reader } from './topic/reader.ts'
import { Beacon, beaconRef, beaconRules, beaconTopic } from './twin/beacon.ts'
import { DefinitionExchange } from './topic/definition-exchange.ts'
import { TopicTable, type HeldTopic, type Selection } from './topic/table.ts'
import type { Topic } from './topic/topic.ts'
import { TopicViews } from './topic-views.ts'
import { Validators, type ValidatorsOptions } from './validator/validators.ts'
import { signEffects } from './verify/sign-effects.ts'
import { Verifier } from './verify/verifier.ts'

/** How long publishes under way may take when the node stops: less than the 5 s in which it has to be gone. */
const drainMsMax = 3_000

/** The protocol side of a node: the machine with all its effects but the connections. */
export class Engine {
  readonly gossip: Gossip
  readonly counters: Counters = new Counters()
  readonly topics: TopicTable
  readonly views: TopicViews
  readonly archive: Archive
  readonly importer: Importer
  readonly #dispatch = (event: Event): void => this.#driver.dispatch(event)
  readonly #blame = (peer: string): void => this.outcomes.misbehaved(peer)
  readonly comparisons: Comparisons = new Comparisons(this.#dispatch)
  readonly validators: Validators
  readonly #driver: Driver
  readonly #publications: Publications
  readonly verifier: Verifier = new Verifier()
  readonly outcomes: Outcomes
  readonly bodies: BodyHost
  readonly #options: EngineOptions
  readonly #beacon: Beacon
  readonly #beaconWireName: string
  #exchange: DefinitionExchange | undefined
  #streams: ReconcileStreams | undefined
  #followUp: FollowUp | undefined
  #dependencies: DependencyStreams | undefined
  #isStopped = false
  #drained: Promise<void> | undefined

  constructor(options: EngineOptions) {
    const { home, identity, network, config, archive } = options
    const { 'validate.timeoutMs': validateTimeoutMs, 'validate.concurrency': validateConcurrency } = config
    this.topics = new TopicTable(network, { validateTimeoutMs, validateConcurrency }, archive)
    this.archive = archive
    this.importer = new Importer({ archive, self: identity.peerId, dispatch: this.#dispatch })
    this.views = new TopicViews({
      topics: this.topics,
      gossip: () => this.gossip,
      said: (topic) => this.#exchange?.of(topic) ?? new Map<string, Uint8Array>(),
      authors: (topic) => this.#driver.authorDefinitions(topic),
      self: identity.peerId,
      validator: (topic) => this.validators.view(topic),
      parked: (topic) => this.#driver.parked(topic),
    })
    this.#options = options
    this.#publications = new Publications((topic) => this.#followUp?.isKept(topic) === true)
    const gossipLog = options.log.part('gossip')
    const gossipEvents: GossipEvents = {
      onMessage: (topic, from, gossipId, bytes, signed) => {
        const wall = wallMicros()
        this.#dispatch({ type: 'received', topic, from, gossipId, bytes, wall, ...(signed && { signed }) })
      },
      onCopy: (gossipId, from) => {
        if (this.#driver.topicOf(gossipId) !== beaconTopic) this.counters.copies++
        this.#dispatch({ type: 'copied', gossipId, from })
      },
      onRepair: (peer) => gossipLog.warn('a link was dead, and is made anew', { peer: shortPeer(peer) }),
      onDisagreement: (peer, { problem, hint }) => gossipLog.warn(`a peer ${problem}`, { peer: shortPeer(peer), hint }),
      onForged: (peer) => this.outcomes.misbehaved(peer),
      onSent: (gossipId, to) => {
        this.#followUp?.outbox.sent(gossipId, to)
        this.#dispatch({ type: 'sent', gossipId, to })
      },
      onSubscribed: (topic, peer) => {
        if (topic === this.#beaconWireName) return this.#beacon.soon()
        this.#exchange?.met(peer, topic)
        this.#joined(peer, topic)
      },
      onGrafted: (topic, peer) => this.#joined(peer, topic),
    }
    this.gossip = new Gossip(gossipEvents, {
      dialect: network.dialect,
      wireTopicOf: (topic) => this.topics.get(topic)?.rules.wireName,
    })
    const dispatch = this.#dispatch
    this.bodies = new BodyHost({ store: archive.bodies, dispatch, blame: this.#blame })
    this.#driver = new Driver(driverOptionsOf(options, this.topics), {
      ...signEffects(identity, this.verifier, dispatch),
      ...this.bodies.effects,
      judge: ({ ref, topic, messages }) =>
        void this.topics.judge(topic, messages, (judgements) => this.#dispatch({ type: 'judged', ref, judgements })),
      gossip: (action) => void this.#send(action),
      gossipSigned: (action) => void this.#send(action),
      verdict: (action) => this.outcomes.decided(action),
      settled: (action) => this.outcomes.settled(action),
      want: (action) => void this.#dependencies?.want(action),
      pause: ({ peer }) => this.gossip.pause(peer),
      resume: ({ peer }) => this.gossip.resume(peer),
      deliver: ({ messages }) => {
        if (messages[0]?.topic === beaconTopic) return
        this.counters.delivered += messages.length
        this.bodies.delivering(messages)
        this.topics.deliver(messages)
      },
      store: (action) => {
        this.#followUp?.outbox.storing(action)
        void archive.keep(action).then(() => this.#followUp?.outbox.settled(action.ref))
      },
      load: (action) => {
        this.#followUp?.outbox.asked(action.topic)
        void archive.load(action)
      },
      compared: (action) => {
        this.outcomes.compared(action)
        this.comparisons.settle(action)
      },
      open: (action) => void this.#streams?.open(action),
      send: (action) => this.#streams?.send(action),
      close: (action) => this.#streams?.close(action),
      ingested: (action) => this.importer.settled(action.ref, action.decision) || this.outcomes.ingested(action),
      published: (action) => {
        if (action.ref === beaconRef) return
        this.counters.published++
        this.#publications.published(action)
      },
      refused: (action) => this.#publications.refused(action),
      impersonated: ({ from }) => {
        // The other one hears of us too.
        if (network.dialect === 'grapevine') this.#beacon.soon()
        options.onTwin(from)
      },
    })
    archive.attach(dispatch)
    const judgeBy: ValidatorsOptions['judgeBy'] = (topic, judge) => {
      const held = this.topics.judgeBy(topic, judge)
      if (held !== undefined) this.#dispatch({ type: 'hold', rules: held.rules })
    }
    const log = options.log.part('validator')
    this.validators = new Validators({ home, self: identity.peerId, timeoutMs: validateTimeoutMs, log, judgeBy })
    this.#beaconWireName = beaconRules(network.id).wireName
    const { counters, gossip } = this
    this.outcomes = new Outcomes({ ...options, counters, gossip, views: this.views, quietTopic: this.#beaconWireName })
    this.#beacon = new Beacon(this.#dispatch)
  }

  /** Called once libp2p has made gossip. */
  async start(network: Network, libp2p: Libp2p): Promise<void> {
    libp2p.addEventListener('peer:disconnect', ({ detail }) => this.gossip.disagreements.forget(detail.toString()))
    // Others in a network of dialect pubsub would not know what to make of the rest.
    if (network.dialect === 'pubsub') return
    this.#exchange = new DefinitionExchange(libp2p, this.topics, (...news) => this.#joined(...news))
    await this.#exchange.start()
    this.#streams = new ReconcileStreams(libp2p, this.#dispatch)
    await this.#streams.start()
    const [dispatch, blame] = [this.#dispatch, this.#blame]
    this.#dependencies = new DependencyStreams({ libp2p, engine: this, dispatch, blame })
    await this.#dependencies.start()
    await this.bodies.start(libp2p)
    this.#followUp = new FollowUp({ ...this.#options, libp2p, engine: this, dispatch, blame })
    await this.#followUp.start()
    this.#dispatch({ type: 'hold', rules: beaconRules(network.id) })
    this.gossip.subscribe(this.#beaconWireName)
  }

  /** Holds a topic; undefined if it was held already. Errors: see {@link TopicTable.hold}. */
  hold(wanted: string | Topic, replace = false): HeldTopic | undefined {
    this.refuseStopped()
    const held = this.topics.hold(wanted, replace)
    if (held === undefined) return undefined
    const { wireName } = held.rules
    this.#dispatch({ type: 'hold', rules: held.rules })
    this.gossip.subscribe(wireName)
    this.#followUp?.outbox.held(held.rules)
    for (const peer of this.gossip.subscribers(wireName)) {
      this.#exchange?.met(peer, wireName)
      this.#joined(peer, wireName)
    }
    return held
  }

  /** Lets a topic go and ends its readers. Error `not-held`. */
  release(name: string): void {
    const held = this.views.held(name)
    this.topics.release(name)
    this.gossip.unsubscribe(held.rules.wireName)
    this.#dispatch({ type: 'release', topic: name })
    this.validators.forget(name)
  }

  /** Publishes on a held topic. */
  publish(topic: string, payload: Uint8Array, parents: readonly Uint8Array[] = []): Promise<PublishView> {
    this.refuseStopped()
    return this.#publications.add(topic, (ref) =>
      this.#dispatch({ type: 'publish', ref, topic, payload, parents, time: wallMicros() }),
    )
  }

  /** Errors: see {@link waitForPeers}. */
  waitForPeers(topic: string, options: PublishOptions): Promise<void> {
    const count = (): number => {
      this.refuseStopped()
      return this.subscribers(topic).length
    }
    return waitForPeers(topic, count, options)
  }

  /** A live reader of held topics. */
  read(selection: Selection): Reader {
    this.refuseStopped()
    return this.topics.read(selection)
  }

  /** What becomes of own messages; not in a network of dialect pubsub. */
  get followUp(): FollowUp | undefined {
    return this.#followUp
  }

  /** Connected peers that subscribe to a held topic. */
  subscribers(topic: string): string[] {
    return this.views.subscribers(topic)
  }

  /** What the machine knows. */
  get memory(): Pick<Driver, 'why' | 'idsWithPrefix' | 'heldKeys' | 'summary' | 'snapshot' | 'bodyProgress'> {
    return this.#driver
  }

  /** Takes no more work; resolves once publishes under way have their answers, or after 3 s. */
  drain(): Promise<void> {
    this.#isStopped = true
    this.#followUp?.release()
    this.#drained ??= this.#publications.drain(drainMsMax)
    return this.#drained
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.topics.closeReaders()
    this.#publications.stop()
    this.gossip.stop()
    this.#beacon.stop()
    this.#exchange?.stop()
    this.#streams?.stop()
    this.bodies.stop()
    await this.#followUp?.stop()
    this.#driver.stop()
    await this.validators.stop()
    await this.verifier.stop()
    await this.archive.close()
  }

  refuseStopped(): void {
    if (this.#isStopped) throw new NodeError('stopped', 'the node is stopping')
  }

  #joined(peer: string, topic: string): void {
    this.#followUp?.joined(this.topics.byWireName(topic)?.rules.name ?? '')
    this.#dispatch({ type: 'peer-joined', peer, topic })
  }

  async #send(action: Action & { type: 'gossip' | 'gossipSigned' }): Promise<void> {
    const { type, ref, topic, bytes } = action
    if (type === 'gossip') this.#followUp?.outbox.sending(action)
    const onNamed = (gossipId: string, seqno: bigint): void => this.#dispatch({ type: 'named', ref, gossipId, seqno })
    let peers = 0
    try {
      peers = await this.gossip.publish(topic, bytes, type === 'gossipSigned' ? onNamed : undefined)
    } catch {
      // A node that stops: the publish ends as local.
    }
    this.#followUp?.outbox.gossiped(ref, peers)
    // What else arrives in this turn of the event loop joins the next batch.
    setImmediate(() => this.#dispatch({ type: 'gossiped', ref, peers }))
  }
}

const wallMicros = (): number => Date.now() * 1000
