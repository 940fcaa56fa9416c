import {
  decodeWant,
  encodeWant,
  isKept,
  keyOf,
  keySize,
  seenKey,
  wantAnswerSizeMax,
  wantFrameSizeMax,
  type Action,
  type Event,
  type KeyList,
  type WantRequest,
} from '@grapevine/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { sha256 } from '../crypto.ts'
import { connectionTo } from '../peer/connection-to.ts'
import { endOfStream } from '../peer/end-of-stream.ts'
import type { StoredRecord } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import type { HeldTopic, TopicTable } from '../topic/table.ts'

/** Messages by their ids: one question, and as many envelopes as there are; docs/protocol.md. */
const wantProtocol = '/grapevine/want/1'

/** A question and its answer are over by then. */
const timeoutMs = 5_000
/** Questions of peers that are worked on at once, one of a peer. */
const busyMax = 4
/** Share of time that looking for ids may take: signed ones are found by looking at all keys of a topic. */
const shareMax = 0.1

/** What asking and answering needs. */
export interface DependencyStreamsOptions {
  readonly libp2p: Libp2p
  readonly engine: {
    readonly topics: TopicTable
    readonly archive: { readonly store: Store }
    /** The keys of a topic. */
    readonly memory: { heldKeys(topic: string): { find(prefix: Uint8Array, max: number): KeyList } }
  }
  readonly dispatch: (event: Event) => void
  /** A peer sent what is no question. */
  readonly blame: (peer: string) => void
}

type Frames = ReturnType<typeof lpStream<Stream>>

/** Fetches what validators wait for from peers that keep the topic, and gives them what they wait for. */
export class DependencyStreams {
  readonly #options: DependencyStreamsOptions
  readonly #busy = new Set<string>()
  #notBefore = 0

  constructor(options: DependencyStreamsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#options.libp2p.handle(
      wantProtocol,
      (stream, connection) => this.#serve(stream, connection).catch((error: Error) => stream.abort(error)),
      { maxInboundStreams: 2 },
    )
  }

  /** Looks into our own store, and asks a peer for what is not there. Always answers with `found`. */
  async want({ ref, peer, topic: name, ids }: Action & { type: 'want' }): Promise<void> {
    const { engine, dispatch } = this.#options
    const answer = (envelopes: readonly Uint8Array[], known: readonly Uint8Array[]): void =>
      dispatch({ type: 'found', ref, envelopes, known, wall: Date.now() * 1000 })
    const topic = engine.topics.get(name)
    if (topic === undefined) return answer([], [])
    const own = new Set((await this.#records(topic, ids)).flatMap(keysOf))
    const isOwn = (id: Uint8Array): boolean => own.has(keyOf(keyOfId(topic, id)))
    const known = ids.filter(isOwn).map((id) => keyOfId(topic, id))
    const lacking = ids.filter((id) => !isOwn(id))
    const asked = lacking.length === 0 ? [] : this.#ask(peer, { wireTopic: topic.rules.wireName, ids: lacking })
    answer(await Promise.resolve(asked).catch(() => []), known)
  }

  async #ask(peer: string, request: WantRequest): Promise<Uint8Array[]> {
    const connection = connectionTo(this.#options.libp2p, peer)
    if (connection === undefined) return []
    const signal = AbortSignal.timeout(timeoutMs)
    const stream = await connection.newStream(wantProtocol, { signal })
    const frames = framesOf(stream)
    const envelopes: Uint8Array[] = []
    try {
      await frames.write(encodeWant(request), { signal })
      for (let size = 0; envelopes.length < request.ids.length && size <= wantAnswerSizeMax;) {
        const bytes = await frames.read({ signal }).catch(endOfStream)
        if (bytes === undefined) break
        envelopes.push(bytes.slice())
        size += bytes.byteLength
      }
      await stream.close({ signal })
    } catch (error) {
      stream.abort(error as Error)
    }
    return envelopes
  }

  async #serve(stream: Stream, { remotePeer }: Connection): Promise<void> {
    const peer = remotePeer.toString()
    const signal = AbortSignal.timeout(timeoutMs)
    const frames = framesOf(stream)
    const request = decodeWant((await frames.read({ signal })).slice())
    if (request === undefined) {
      this.#options.blame(peer)
      throw new Error('it is no question')
    }
    const topic = this.#options.engine.topics.byWireName(request.wireTopic)
    // Who has more to answer than it can says that it has nothing: others are asked.
    if (topic !== undefined && !this.#busy.has(peer) && this.#busy.size < busyMax) {
      this.#busy.add(peer)
      try {
        for (const { bytes } of await this.#records(topic, request.ids))
          if (bytes.length <= wantFrameSizeMax) await frames.write(bytes, { signal })
      } finally {
        this.#busy.delete(peer)
      }
    }
    await stream.close({ signal })
  }

  /** Records with these messages, as far as they are here and there is time to look. */
  async #records(topic: HeldTopic, ids: readonly Uint8Array[]): Promise<readonly StoredRecord[]> {
    const { store } = this.#options.engine.archive
    if (!isKept(topic.rules)) return []
    const wanted = ids.flatMap((id) => this.#find(topic, id))
    if (wanted.length === 0) return []
    const { records } = await store.load(topic.rules.name, wanted, wantAnswerSizeMax).catch(() => ({ records: [] }))
    return records.filter(({ bytes }, at) => records.findIndex((other) => other.bytes === bytes) === at)
  }

  #find(topic: HeldTopic, id: Uint8Array): { readonly time: number; readonly key: Uint8Array }[] {
    const key = keyOfId(topic, id)
    if (topic.rules.contentId !== undefined) return [{ time: 0, key }]
    const start = performance.now()
    if (start < this.#notBefore) return []
    const found = this.#options.engine.memory.heldKeys(topic.rules.name).find(key, 1)
    const elapsed = performance.now() - start
    if (elapsed > 1) this.#notBefore = start + elapsed / shareMax
    return found.length === 0 ? [] : [{ time: found.time(0), key: found.id(0) }]
  }
}

const keyOfId = ({ rules }: HeldTopic, id: Uint8Array): Uint8Array => seenKey(sha256, rules, id).subarray(0, keySize)

const keysOf = ({ keys }: StoredRecord): string[] =>
  Array.from({ length: keys.length / keySize }, (_, at) => keyOf(keys.subarray(at * keySize, (at + 1) * keySize)))

const framesOf = (stream: Stream): Frames =>
  lpStream(stream, { maxDataLength: wantFrameSizeMax, maxBufferSize: 2 * wantFrameSizeMax })
