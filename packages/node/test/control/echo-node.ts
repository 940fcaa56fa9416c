import { createHash } from 'node:crypto'
import { completeDefinition, type TopicDefinitionInput } from '@grapevine/protocol'
import type {
  GapView,
  LogQuery,
  MessageView,
  PeerView,
  PublishView,
  TopicDetailView,
  TopicView,
} from '@grapevine/protocol/control'
import type { NodeApi, PeerApi, PeerWait, PublishOptions, SubscribeOptions, Subscription } from '../../src/api.ts'
import { NodeError } from '../../src/error.ts'
import { Follower } from '../../src/follower.ts'
import { Log } from '../../src/log/log.ts'
import { noQueries } from '../../src/query/no-queries.ts'
import { StateNet } from '../state/state-net.ts'
import { EchoConsumers, EchoHistory } from './echo-past.ts'

const zero = '1970-01-01T00:00:00.000Z'
const network = { name: 'echo', id: '00'.repeat(32), dialect: 'grapevine', private: false, bootstrap: [] } as const

/** Items that a reader may be behind before it misses some. */
const behindMax = 64

const echoValidator = {
  onFailure: 'defer',
  timeoutMs: 5_000,
  state: 'away',
  starts: 0,
  asked: 0,
  verdicts: {},
  unjudged: 0,
  failures: {},
  waiting: 0,
  inFlight: 0,
} as const

/** A whole node without a network: it delivers what it publishes to its own readers, and to nobody else. */
export class EchoNode implements NodeApi {
  readonly readers: Set<Reader> = new Set()
  readonly published: string[] = []
  readonly sent: MessageView[] = []
  /** Publishes under way, and the most there ever were. */
  pending = 0
  pendingMax = 0
  /** Ends a publish when called, for as long as publishing is held up. */
  gate: Promise<void> | undefined
  readonly log: Log = new Log()
  readonly #held = new Set<string>()
  readonly peering: NodeApi['peering'] = new EchoPeering()
  readonly evidence: NodeApi['evidence'] = {
    list: () => [],
    show: (id) => Promise.reject(new NodeError('not-found', `no evidence ${id}`)),
  }
  readonly comparing: NodeApi['comparing'] = {
    verify: (topic) => Promise.reject(new NodeError('not-held', `no topic ${topic}`)),
    sync: (topic) => Promise.reject(new NodeError('not-held', `no topic ${topic}`)),
  }
  readonly queries: NodeApi['queries'] = noQueries
  readonly state: NodeApi['state'] = new StateNet().start('echo').state
  readonly consumers: NodeApi['consumers'] = new EchoConsumers()
  readonly history: NodeApi['history'] = new EchoHistory(this.sent)

  readonly members: NodeApi['members'] = {
    list: () => [],
    show: (member) => {
      throw new NodeError('not-found', `no member ${member}`)
    },
    forget: (member) => ({ peerId: member }),
    watch: () => new Follower([], () => undefined),
  }
  readonly reach: NodeApi['reach'] = { probe: async () => ({ askers: [], members: [], left: 0 }) }
  readonly rtt: NodeApi['rtt'] = { list: async () => [] }
  /** Judges nothing, and asks each client about one message. */
  readonly validators: NodeApi['validators'] = {
    set: ({ topic }) => ({ ...echoValidator, topic }),
    remove: (topic) => {
      throw new NodeError('not-found', `topic ${topic} has no validator`)
    },
    serve: (topic, client) => {
      client.write(`${JSON.stringify({ id: 'ab', topic, parents: [] })}\n`)
      return {
        hear: (chunk) => void (this.judged += chunk.toString()),
        resume: () => undefined,
        gone: () => client.end(),
      }
    },
  }
  judged = ''
  readonly outbox: NodeApi['outbox'] = {
    list: async () => [],
    retry: async () => ({ announced: 0, peers: 0 }),
    cancel: async (id) => {
      throw new NodeError('not-found', `nothing in the outbox is called ${id}`)
    },
  }
  readonly receipts: NodeApi['receipts'] = {
    of: async (id) => ({ id, topic: 'echo', receipts: [] }),
    file: async (id) => ({ format: 'grapevine-receipt/1', network: network.id, topic: 'echo', id, receipts: [] }),
  }

  status(): ReturnType<NodeApi['status']> {
    const counters = { published: this.published.length, delivered: 0, copies: 0, verdicts: {}, reasons: {}, memory: 1 }
    const self = { pid: process.pid, peerId: 'echo', short: '…echo', version: '0.0.0', home: '/echo', started: zero }
    return { ...self, addresses: [], network, peers: [], topics: this.topics(), counters, evidence: 0 }
  }

  network(): ReturnType<NodeApi['network']> {
    return network
  }

  ticket(): string {
    return 'gv1echo'
  }

  peers(all?: boolean): ReturnType<NodeApi['peers']> {
    const peer = { peerId: 'p', short: '…p', addresses: [], topics: [] }
    return all === true ? [{ ...peer, state: 'waiting' }] : []
  }

  topics(): readonly TopicView[] {
    return [...this.#held].map((topic) => this.#view(topic))
  }

  logs(query: LogQuery): ReturnType<NodeApi['logs']> {
    return this.log.follow(query.level ?? 'info')
  }

  async hold(topic: string): Promise<TopicView> {
    this.#held.add(topic)
    return this.#view(topic)
  }

  async define(definition: TopicDefinitionInput, replace = false): Promise<TopicDetailView> {
    if (this.#held.has(definition.name) && !replace)
      throw new NodeError('held-otherwise', 'another definition', 'replace')
    this.#held.add(definition.name)
    return this.showTopic(definition.name)
  }

  async showTopic(topic: string): Promise<TopicDetailView> {
    if (!this.#held.has(topic)) throw new NodeError('not-held', `${topic} is not held`)
    return { ...this.#view(topic), definition: completeDefinition({ name: topic }), isDefault: true, others: [] }
  }

  async release(topic: string): Promise<void> {
    if (!this.#held.delete(topic)) throw new NodeError('not-held', `${topic} is not held`, 'hold it first')
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<PublishView> {
    if (payload.length > 60_000) throw new NodeError('oversize', 'the payload is over 60000 bytes')
    if ((options.waitPeers ?? 0) > 0) await this.waitForPeers(topic, options)
    this.pendingMax = Math.max(this.pendingMax, ++this.pending)
    try {
      // Odd ones take longer, so that results come out of order.
      if (payload.length % 2 === 1) await new Promise((resolve) => setImmediate(resolve))
      await this.gate
    } finally {
      this.pending--
    }
    const text = Buffer.from(payload).toString()
    if (text === 'bug') throw new TypeError('a secret of the implementation')
    const id = createHash('sha256').update(payload).digest('hex')
    this.published.push(text)
    const head = { id, topic, author: 'echo', from: 'echo', epoch: 1, seq: this.published.length, time: zero }
    const message: MessageView = { ...head, size: payload.length, via: 'live', text }
    this.sent.push(message)
    for (const reader of this.readers) reader.deliver(message)
    return { id, topic, peers: 0, state: 'local' }
  }

  async waitForPeers(topic: string, { waitPeers = 0, timeoutMs = 30_000 }: PublishOptions): Promise<void> {
    if (waitPeers > 0) throw new NodeError('timeout', `no ${waitPeers} peers on ${topic} within ${timeoutMs} ms`)
  }

  async subscribe(topics: readonly string[], { match = [], after }: SubscribeOptions = {}): Promise<Subscription> {
    const reader = new Reader([...topics, ...match], () => this.readers.delete(reader))
    // The cursor is the number of messages published so far.
    for (const message of after === undefined ? [] : this.sent.slice(Number(after))) reader.deliver(message)
    this.readers.add(reader)
    return reader
  }

  async explain(id: string): ReturnType<NodeApi['explain']> {
    return this.why(id)
  }

  why(id: string): ReturnType<NodeApi['why']> {
    if (id.length < 6) throw new NodeError('usage', 'at least 6 hex digits')
    if (!id.startsWith('abcdef')) throw new NodeError('not-found', `no message ${id}`)
    return { id, topic: 'chat', gossipId: id, self: 'echo', steps: [], stepsDropped: 0, copies: 1 }
  }

  async stop(): Promise<void> {
    for (const reader of this.readers) reader.close()
  }

  #view(topic: string): TopicView {
    return { topic, held: this.#held.has(topic), peers: 0, mesh: 0, readers: this.readers.size, hash: '', otherwise: 0 }
  }
}

/** Takes every name for a peer that is there, but `gone`. */
class EchoPeering implements PeerApi {
  show(peerId: string): ReturnType<PeerApi['show']> {
    if (peerId === 'gone') throw new NodeError('not-found', 'no such peer')
    return { ...view(peerId), connections: [], known: [], protocols: [] }
  }

  async add(address: string): ReturnType<PeerApi['add']> {
    return { ...view('added'), addresses: [address] }
  }

  remove(peerId: string): ReturnType<PeerApi['remove']> {
    return { peerId }
  }

  async connect(peer: string, { timeoutMs = 0 }: PeerWait = {}): ReturnType<PeerApi['connect']> {
    return { ...view(peer), lastError: `${timeoutMs} ms` }
  }

  async disconnect(peerId: string): ReturnType<PeerApi['disconnect']> {
    return { peerId, closed: 1 }
  }

  async ping(peerId: string, { timeoutMs = 0 }: PeerWait = {}): ReturnType<PeerApi['ping']> {
    return { peerId, ms: timeoutMs }
  }

  blocked(): ReturnType<PeerApi['blocked']> {
    return { peers: [], ranges: [] }
  }

  block(target: string): ReturnType<PeerApi['block']> {
    return { target, closed: 0 }
  }

  allow(only: readonly string[]): ReturnType<PeerApi['allow']> {
    return { peers: [], ranges: [], only }
  }

  allowAll(): ReturnType<PeerApi['allowAll']> {
    return this.blocked()
  }
}

const view = (peerId: string): PeerView => ({ peerId, short: '…p', state: 'waiting', addresses: [], topics: [] })

class Reader implements Subscription {
  readonly peers: Subscription['peers']
  readonly #topics: ReadonlySet<string>
  readonly #onClose: () => void
  readonly #items: MessageView[] = []
  #missed = 0
  cursor = '0'
  #open = true
  #wake: (() => void) | undefined

  constructor(topics: readonly string[], onClose: () => void) {
    this.peers = Object.fromEntries(topics.map((topic) => [topic, { peers: 0 }]))
    this.#topics = new Set(topics)
    this.#onClose = onClose
  }

  deliver(message: MessageView): void {
    if (!this.#topics.has(message.topic)) return
    if (this.#items.length < behindMax) this.#items.push(message)
    else this.#missed++
    this.#wake?.()
  }

  async ack(): Promise<void> {}

  close(): void {
    this.#open = false
    this.#onClose()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MessageView | GapView, void, undefined> {
    while (this.#open) {
      const item = this.#items.shift()
      if (item !== undefined) {
        this.cursor = String(item.seq)
        yield item
      } else if (this.#missed > 0) {
        const missed = this.#missed
        this.#missed = 0
        yield { gap: { missed } }
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}
