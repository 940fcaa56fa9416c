import {
  KeyList,
  messagesOf,
  shortPeer,
  toHex,
  type Event,
  type OutboxCancelView,
  type OutboxQuery,
  type OutboxRetryView,
  type OutboxView,
} from '@grapevine/protocol'
import { isoFromMicros } from '../control-view.ts'
import { sha256 } from '../crypto.ts'
import { NodeError } from '../error.ts'
import type { Gossip } from '../gossip/gossip.ts'
import type { ReceiptCollector } from '../receipt/collector.ts'
import type { StoredRecord } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import type { TopicTable } from '../topic/table.ts'
import type { OutboxEntry } from './entry.ts'
import type { Outbox } from './outbox.ts'

/** What the outbox's commands need. */
export interface OutboxApiOptions {
  readonly outbox: Outbox
  readonly collector: ReceiptCollector
  readonly store: Store
  readonly topics: TopicTable
  readonly gossip: Gossip
  readonly networkId: Uint8Array
  readonly dispatch: (event: Event) => void
}

const listedMax = 1000
const listedDefault = 100
/** Envelopes that one retry announces; the oldest first, and reconciliation carries the rest. */
const announcedMax = 100

/** The outbox as people use it. */
export class OutboxApi {
  readonly #options: OutboxApiOptions

  constructor(options: OutboxApiOptions) {
    this.#options = options
  }

  /** Entries with the oldest first: envelopes that nobody else holds, then messages with receipts outstanding. */
  async list({ topic, state, limit = listedDefault }: OutboxQuery): Promise<readonly OutboxView[]> {
    const { outbox, collector } = this.#options
    const found: OutboxView[] = []
    for (const entry of await outbox.list(topic)) {
      if (found.length >= Math.min(limit, listedMax)) return found
      if (state !== undefined && entry.state !== state) continue
      const ids = await this.#idsOf(entry)
      if (ids?.[0] !== undefined) found.push(viewEntry(entry, ids[0]))
      // Retention let it go, or it is damaged.
      else if (entry.state !== 'local') outbox.remove(entry)
    }
    const wishes = collector
      .wishes()
      .filter((wish) => topic === undefined || wish.topic === topic)
      .map((wish): OutboxView => ({
        id: toHex(wish.id),
        topic: wish.topic,
        messages: 1,
        ...(wish.time > 0 && { time: isoFromMicros(wish.time) }),
        state: wish.signed.length > 0 ? 'held' : 'sent',
        peers: wish.signed.length,
        receipts: wish.signed.length,
        wanted: typeof wish.wants === 'number' ? wish.wants : wish.wants.length,
      }))
    return [...found, ...wishes.filter((wish) => state === undefined || wish.state === state)].slice(0, limit)
  }

  /** Announces messages again, and asks who has them: the one with this id, or all. Errors: `not-found`, `usage`. */
  async retry(id?: string, end?: string): Promise<OutboxRetryView> {
    const { outbox, collector, topics, gossip, dispatch } = this.#options
    const entries = id === undefined ? await outbox.list() : [(await this.#find(id, end)).entry]
    const retried = entries.slice(0, announcedMax)
    const names = new Set(retried.map(({ topic }) => topic))
    for (const entry of retried) {
      const wireName = topics.get(entry.topic)?.rules.wireName
      const record = await this.#recordOf(entry)
      if (wireName !== undefined && record !== undefined) gossip.announce(wireName, record.bytes.slice())
    }
    let peers = 0
    for (const name of names) {
      const wireName = topics.get(name)?.rules.wireName
      if (wireName === undefined) continue
      const subscribers = gossip.subscribers(wireName)
      peers += subscribers.length
      gossip.greet(wireName)
      for (const peer of subscribers) dispatch({ type: 'peer-joined', peer, topic: wireName })
      outbox.retry(name)
    }
    collector.retry()
    return { announced: retried.reduce((sum, { messages }) => sum + messages, 0), peers }
  }

  /**
   * Takes back what has not left this node: the message, and those that were signed together with it, for which
   * `envelope` has to be set. Errors: `not-found`, `usage`, `rejected` (it may be elsewhere).
   */
  async cancel(
    id: string,
    { end, envelope = false }: { readonly end?: string; readonly envelope?: boolean } = {},
  ): Promise<OutboxCancelView> {
    const { outbox, store, gossip, dispatch } = this.#options
    const { entry, ids } = await this.#find(id, end)
    if (!outbox.isKept(entry)) {
      const who = entry.sent.size > 0 ? `to ${[...entry.sent].map(shortPeer).join(', ')}` : 'to a peer'
      throw new NodeError(
        'rejected',
        entry.sent.size > 0 ? `it has left this node, ${who}` : 'it may have left this node: a peer was there since',
        'what was published cannot be taken back',
      )
    }
    if (entry.messages > 1 && !envelope) {
      throw new NodeError(
        'usage',
        `it was signed together with ${entry.messages - 1} others`,
        `to take back all of them: grapevine outbox cancel ${id} --envelope`,
      )
    }
    const record = await this.#recordOf(entry)
    // A peer may have come meanwhile.
    if (record === undefined || !outbox.isKept(entry))
      throw new NodeError('rejected', 'it may have left this node: a peer was there since')
    outbox.remove(entry)
    if (entry.gossipId !== undefined) gossip.forget(entry.gossipId)
    const { times, keys } = await store.remove(entry.topic, [record.arrival])
    dispatch({ type: 'lost', topic: entry.topic, keys: KeyList.of(times, keys) })
    return { topic: entry.topic, ids: ids.map(toHex) }
  }

  /** The entry of the message with this id, whole or at least 6 digits of it. */
  async #find(id: string, end = ''): Promise<{ readonly entry: OutboxEntry; readonly ids: readonly Uint8Array[] }> {
    const digits = id.toLowerCase()
    const found: { entry: OutboxEntry; ids: readonly Uint8Array[] }[] = []
    for (const entry of await this.#options.outbox.list()) {
      const ids = await this.#idsOf(entry)
      for (const known of ids?.map(toHex) ?? []) {
        if (known === digits) return { entry, ids: ids! }
        if (digits.length >= 6 && known.startsWith(digits) && known.endsWith(end.toLowerCase()))
          found.push({ entry, ids: ids! })
      }
    }
    if (found.length > 1)
      throw new NodeError('usage', `several messages have ids that begin with ${digits}`, 'give more of its digits')
    if (found[0] !== undefined) return found[0]
    throw new NodeError(
      'not-found',
      `nothing in the outbox is called ${digits}`,
      'what another peer holds has left it; see: grapevine outbox ls',
    )
  }

  async #idsOf(entry: OutboxEntry): Promise<readonly Uint8Array[] | undefined> {
    const record = await this.#recordOf(entry)
    return record && messagesOf(record, { networkId: this.#options.networkId, sha256 })?.map((message) => message.id)
  }

  async #recordOf({ topic, arrival, name }: OutboxEntry): Promise<StoredRecord | undefined> {
    const { store } = this.#options
    if (arrival !== undefined) return store.byArrival(arrival)
    if (name === undefined) return undefined
    const { records } = await store.load(topic, [name], 1)
    return records[0]
  }
}

/** An entry as people see it; `id` is that of its first message. */
function viewEntry({ topic, messages, time, state, sent }: OutboxEntry, id: Uint8Array): OutboxView {
  return { id: toHex(id), topic, messages, time: isoFromMicros(time), state, peers: sent.size }
}
