import {
  isContentTopic,
  shortPeer,
  type Event,
  type JournalRecord,
  type PublishView,
  type WhyView,
} from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import type { PublishOptions } from './api.ts'
import type { Config } from './config/option.ts'
import { isoFromMicros } from './control-view.ts'
import { NodeError } from './error.ts'
import type { Gossip } from './gossip/gossip.ts'
import type { Identity } from './home/identity.ts'
import type { Network } from './home/network.ts'
import type { Log } from './log/log.ts'
import { OutboxApi } from './outbox/api.ts'
import { Outbox } from './outbox/outbox.ts'
import { findPeer, type NamedPeer } from './peer/find-peer.ts'
import { ReceiptAnswerer } from './receipt/answerer.ts'
import { ReceiptAsker } from './receipt/asker.ts'
import { ReceiptCollector } from './receipt/collector.ts'
import { KeptReceipts } from './receipt/kept.ts'
import type { Wish } from './store/receipts.ts'
import type { Store } from './store/store.ts'
import type { HeldTopic, TopicTable } from './topic/table.ts'

/** What following up needs. */
export interface FollowUpOptions {
  readonly libp2p: Libp2p
  readonly identity: Identity
  readonly network: Network
  readonly config: Config
  readonly log: Log
  readonly engine: {
    readonly archive: { readonly store: Store }
    readonly topics: TopicTable
    readonly gossip: Gossip
    readonly memory: { why(id: Uint8Array): JournalRecord | undefined }
  }
  readonly dispatch: (event: Event) => void
  /** A peer said what it is answerable for. */
  readonly blame: (peer: string) => void
}

const waitMsDefault = 30_000

/** What becomes of own messages once gossip has them: who holds them, and who signs for that. */
export class FollowUp {
  readonly outbox: Outbox
  readonly api: OutboxApi
  readonly receipts: KeptReceipts
  readonly #options: FollowUpOptions
  readonly #collector: ReceiptCollector
  readonly #answerer: ReceiptAnswerer
  /** Peer ids by the list of names that stood for them: all lines of a stream share one. */
  readonly #named = new WeakMap<readonly string[], readonly string[]>()

  constructor(options: FollowUpOptions) {
    this.#options = options
    const { libp2p, identity, network, config, engine, dispatch } = options
    const { topics, gossip } = engine
    const { store } = engine.archive
    const log = options.log.part('receipt')
    const rules = (topic: string): HeldTopic['rules'] | undefined => topics.get(topic)?.rules
    const subscribers = (topic: string): string[] => {
      const wireName = rules(topic)?.wireName
      return wireName === undefined ? [] : gossip.subscribers(wireName)
    }
    const asker = new ReceiptAsker({
      libp2p,
      networkId: network.id,
      onLie: (peer, fault) => {
        log.warn('a receipt was refused', { peer: shortPeer(peer), fault })
        options.blame(peer)
      },
    })
    this.#answerer = new ReceiptAnswerer({
      libp2p,
      identity,
      networkId: network.id,
      topics,
      store,
      keepMs: ({ topic: { definition } }) => {
        const ms = definition.retention === undefined ? config['store.timeMs'] : definition.retention.time
        return ms === 0 ? undefined : ms
      },
      onNonsense: options.blame,
    })
    this.#collector = new ReceiptCollector({ asker, store, log, rules, subscribers })
    this.outbox = new Outbox({ store, author: identity.publicKey, asker, rules, subscribers })
    this.receipts = new KeptReceipts(store, network.id)
    const parts = { outbox: this.outbox, collector: this.#collector, store, topics, gossip, dispatch }
    this.api = new OutboxApi({ ...parts, networkId: network.id })
  }

  async start(): Promise<void> {
    await this.#answerer.start()
    await this.outbox.start()
    await this.#collector.start()
  }

  /** Answers those who wait for receipts with what there is. */
  release(): void {
    this.#collector.release()
  }

  async stop(): Promise<void> {
    this.#collector.stop()
    await this.outbox.stop()
  }

  /** Whether what is published on a topic is kept until a peer has it. */
  isKept(topic: string): boolean {
    return this.#options.engine.topics.get(topic)?.rules.delivery === 'lossless'
  }

  /** A peer subscribes to a topic, or comes into its mesh. */
  joined(topic: string): void {
    this.outbox.joined(topic)
    this.#collector.joined(topic)
  }

  /**
   * How many receipts a publish is to wait for, or of whom, as peer ids. Errors: `usage` (the topic keeps
   * nothing, so nobody can sign for it), and those of peers' names.
   */
  wanted(topic: string, receipts: Wish['wants'], known: () => Iterable<NamedPeer>): Wish['wants'] {
    if (!this.isKept(topic)) {
      throw new NodeError(
        'usage',
        `topic ${topic} keeps nothing, so nobody can sign for it`,
        'receipts need a lossless topic',
      )
    }
    if (typeof receipts === 'number') return receipts
    let peers = this.#named.get(receipts)
    if (peers === undefined) {
      const all = [...known()]
      peers = [...new Set(receipts.map((name) => findPeer(name, all)))]
      this.#named.set(receipts, peers)
    }
    return peers
  }

  /**
   * Waits until as many peers as wanted have signed that they stored a message that is published, or the time is over: who
   * has signed is in the view either way. Rejects with the signal's reason.
   */
  async collect(
    view: PublishView,
    wants: Wish['wants'],
    { timeoutMs = waitMsDefault, signal }: PublishOptions,
  ): Promise<PublishView> {
    const id = new Uint8Array(Buffer.from(view.id, 'hex'))
    const { topic } = view
    const rules = this.#options.engine.topics.get(topic)?.rules
    const time = rules === undefined || isContentTopic(rules) ? 0 : (this.#options.engine.memory.why(id)?.time ?? 0)
    const signed = await this.#collector.collect({ topic, id, time, wants }, { timeoutMs, signal })
    const counts = typeof wants === 'number' ? signed : signed.filter(({ peer }) => wants.includes(peer))
    const wanted = typeof wants === 'number' ? wants : wants.length
    return {
      ...view,
      state: counts.length >= wanted ? 'receipted' : view.state,
      receipts: signed.map(({ peer, storedAt, keepUntil }) => {
        const until = keepUntil === undefined ? {} : { keepUntil: isoFromMicros(keepUntil) }
        return { peer, storedAt: isoFromMicros(storedAt), ...until }
      }),
      wanted,
    }
  }

  /** Who holds a message of ours, as far as is known, and who has signed for it. */
  async about({ id, record }: { readonly id: string; readonly record: JournalRecord }): Promise<Partial<WhyView>> {
    const outbox = this.outbox.stateOf(record.gossipId)
    const receipts = await this.receipts.matching(id)
    return { ...(outbox && { outbox }), ...(receipts.length > 0 && { receipts }) }
  }
}

/** What a node has that is not in a network of dialect pubsub. Throws `usage` if it is there. */
export function present(followUp: FollowUp | undefined): FollowUp {
  if (followUp !== undefined) return followUp
  throw new NodeError('usage', 'a network of dialect pubsub has no outbox and no receipts')
}
