import {
  exportLine,
  exportVersion,
  keyFromPeerId,
  peerIdOfAuthor,
  toHex,
  type BodyQuery,
  type ExportHeader,
  type ExportLine,
  type HistoryQuery,
  type ImportView,
  type MessageView,
} from '@grapevine/protocol'
import type { Body, HistoryApi } from '../api.ts'
import { isoFromMicros, viewMessage } from '../control-view.ts'
import type { Engine } from '../engine.ts'
import { NodeError } from '../error.ts'
import type { Network } from '../home/network.ts'
import { findPeer, type NamedPeer } from '../peer/find-peer.ts'
import { findRecord, type RecordSource } from '../record-search.ts'
import type { Subscriptions } from './subscriptions.ts'
import { timeOf } from './start.ts'

/** What the history needs of its node. */
export interface HistoryOptions {
  readonly engine: Engine
  readonly subscriptions: Subscriptions
  readonly network: Network
  /** Our own peer id. */
  readonly self: string
  /** Holds a topic from now on. */
  readonly hold: (topic: string) => void
  /** Peers that are known by name. */
  readonly knownPeers: () => readonly NamedPeer[]
}

/** What a node has kept, for people: to read, to take away and to bring back. */
export class History implements HistoryApi {
  readonly #options: HistoryOptions

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  async *read(query: HistoryQuery): AsyncGenerator<MessageView, void, void> {
    const { engine, subscriptions, self } = this.#options
    const { log, findId } = subscriptions
    const { topic, last, id, reverse } = query
    engine.views.held(topic)
    if (id !== undefined) {
      yield viewMessage(await engine.archive.whole(await findId.byText([topic], id)), self)
      return
    }
    const search = {
      topics: [topic],
      reverse,
      author: query.author === undefined ? undefined : await this.#author(query.author, topic),
      since: momentOf(query.since),
      until: momentOf(query.until),
      // What comes while it is read is not history.
      before: engine.topics.last.arrival + 1,
    }
    const after = last === undefined ? undefined : await log.beginOfLast(last, search)
    for await (const message of log.messages({ ...search, after })) {
      yield { ...viewMessage(await engine.archive.whole(message), self), via: 'history' }
    }
  }

  async body({ id, topic }: BodyQuery): Promise<Body> {
    const { engine, subscriptions } = this.#options
    if (topic !== undefined) engine.views.held(topic)
    const topics = topic === undefined ? engine.topics.names : [topic]
    const whole = wholeId(id, engine.memory)
    const message = engine.bodies.recent(whole, topics) ?? (await subscriptions.findId.byText(topics, whole))
    const { payload, fetched } = message
    return {
      id: toHex(message.id),
      topic: message.topic,
      size: fetched?.size ?? payload.length,
      chunks: fetched === undefined ? chunksOf(payload) : engine.bodies.chunks(fetched),
    }
  }

  async *export(topic: string): AsyncGenerator<ExportHeader | ExportLine, void, void> {
    const { engine, subscriptions, network } = this.#options
    const { definition } = engine.views.held(topic).topic
    yield {
      grapevine: 'export',
      version: exportVersion,
      network: toHex(network.id),
      networkName: network.name,
      dialect: network.dialect,
      topic,
      definition,
      exported: new Date().toISOString(),
    }
    const search = { topics: [topic], before: engine.topics.last.arrival + 1 }
    for await (const { record, messages } of subscriptions.log.entries(search)) {
      yield exportLine(record.bytes, messages, isoFromMicros)
    }
  }

  import(topic: string, wires: AsyncIterable<Uint8Array>): AsyncGenerator<ImportView, void, void> {
    const { engine, hold } = this.#options
    hold(topic)
    if (engine.views.held(topic).rules.delivery !== 'lossless')
      throw new NodeError('usage', `nothing of topic ${topic} is kept: its delivery is best-effort`)
    return engine.importer.run(topic, wires)
  }

  /** Whoever spoke in the topic can be named, and every peer that is known. */
  async #author(text: string, topic: string): Promise<Uint8Array> {
    const { engine, knownPeers } = this.#options
    const authors = await engine.archive.store.ask('life.authors', topic)
    const named = [...knownPeers(), ...authors.map((author) => ({ peerId: peerIdOfAuthor(author) }))]
    const key = keyFromPeerId(findPeer(text, named))
    if (key !== undefined) return key
    throw new NodeError('usage', `${text} is not the peer id of an author`, 'pub and sub --json print it')
  }
}

async function* chunksOf(payload: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (payload.length > 0) yield payload
}

/** What begins so in the memory of what came: ids by content are found in the store by all of their digits only. */
function wholeId(text: string, memory: RecordSource): string {
  try {
    return findRecord(text, memory).id
  } catch (error) {
    if (error instanceof NodeError && error.code === 'not-found') return text
    throw error
  }
}

function momentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = timeOf(text)
  if (time !== undefined) return time
  throw new NodeError('usage', `${text.slice(0, 40)} is no time`, 'a time is 2026-11-22T10:00:00Z')
}
