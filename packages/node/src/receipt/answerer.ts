import {
  compareBytes,
  decodeReceiptRequest,
  encodeReceipt,
  encodeReceiptAnswer,
  encodeReceiptBody,
  isKept,
  keyOf,
  keySize,
  messagesOf,
  receiptSignedBytes,
  seenKey,
  type AskedMessage,
  type ReceiptAnswer,
  type ReceiptRequest,
} from '@grapevine/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { sha256, sign } from '../crypto.ts'
import type { Identity } from '../home/identity.ts'
import { endOfStream } from '../peer/end-of-stream.ts'
import { atOf } from '../store/key-row.ts'
import type { Store } from '../store/store.ts'
import type { HeldTopic, TopicTable } from '../topic/table.ts'
import { framesOf, receiptProtocol } from './stream.ts'

/** A peer that says nothing for this long is given up. */
const silenceMs = 30_000
/** Messages that a peer may ask about: at once, and again in each second. */
const messagesBurst = 20_000
const messagesPerSecond = 20_000
/** Bytes of records that one signed answer reads; what is beyond the asker asks for again. */
const readBytesMax = 8 << 20
/** Questions of all peers that are worked on at once. */
const busyMax = 8

/** What answering needs. */
export interface AnswererOptions {
  readonly libp2p: Libp2p
  readonly identity: Identity
  readonly networkId: Uint8Array
  readonly topics: TopicTable
  readonly store: Store
  /** How long a topic's messages are kept, in ms by author time; undefined: no time is named. */
  readonly keepMs: (topic: HeldTopic) => number | undefined
  /** A peer sent what is no question. */
  readonly onNonsense: (peer: string) => void
}

/**
 * Tells peers what is on this node's disk, and signs it if they ask for that. Only what was committed counts: each message
 * that is signed for was read back. A peer gets one answer at a time, and so many messages a second.
 */
export class ReceiptAnswerer {
  readonly #options: AnswererOptions
  readonly #busy = new Set<string>()
  readonly #allowance = new Map<string, { left: number; at: number }>()

  constructor(options: AnswererOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { libp2p } = this.#options
    await libp2p.handle(receiptProtocol, (stream, connection) => this.#serve(stream, connection), {
      maxInboundStreams: 4,
    })
    libp2p.addEventListener('peer:disconnect', ({ detail }) => this.#allowance.delete(detail.toString()))
  }

  async #serve(stream: Stream, { remotePeer }: Connection): Promise<void> {
    const peer = remotePeer.toString()
    const frames = framesOf(stream)
    try {
      for (;;) {
        const bytes = await frames.read({ signal: AbortSignal.timeout(silenceMs) }).catch(endOfStream)
        if (bytes === undefined) return await stream.close({ signal: AbortSignal.timeout(silenceMs) })
        const request = decodeReceiptRequest(bytes.slice())
        if (request === undefined) {
          this.#options.onNonsense(peer)
          throw new Error('it is no question')
        }
        const answer = await this.#answerFor(peer, request)
        const signal = AbortSignal.timeout(silenceMs)
        await frames.write(encodeReceiptAnswer(answer, request.messages.length), { signal })
      }
    } catch (error) {
      stream.abort(error as Error)
    }
  }

  async #answerFor(peer: string, request: ReceiptRequest): Promise<ReceiptAnswer> {
    const topic = this.#options.topics.byWireName(request.wireTopic)
    if (topic === undefined || !isKept(topic.rules)) return { type: 'not-kept' }
    if (this.#busy.has(peer) || this.#busy.size >= busyMax || !this.#allows(peer, request.messages.length))
      return { type: 'busy' }
    this.#busy.add(peer)
    try {
      return await (request.signed ? this.#sign(topic, request.messages) : this.#tell(topic, request.messages))
    } catch {
      // The disk fails, or the node stops.
      return { type: 'busy' }
    } finally {
      this.#busy.delete(peer)
    }
  }

  /** A peer that never disconnects has one entry. */
  #allows(peer: string, messages: number): boolean {
    const now = performance.now()
    const { left, at } = this.#allowance.get(peer) ?? { left: messagesBurst, at: now }
    const allowed = Math.min(messagesBurst, left + ((now - at) * messagesPerSecond) / 1000)
    if (allowed < messages) return false
    this.#allowance.set(peer, { left: allowed - messages, at: now })
    return true
  }

  async #tell({ rules }: HeldTopic, messages: readonly AskedMessage[]): Promise<ReceiptAnswer> {
    const keyOfAsked = (id: Uint8Array): Uint8Array => seenKey(sha256, rules, id).subarray(0, keySize)
    const ats = new Uint8Array(Buffer.concat(messages.map(({ time, id }) => atOf({ time, key: keyOfAsked(id) }))))
    const found = await this.#options.store.ask('outbox.has', { topic: rules.name, ats })
    return { type: 'held', held: messages.flatMap((_, index) => (found[index] === 1 ? [index] : [])) }
  }

  async #sign(topic: HeldTopic, messages: readonly AskedMessage[]): Promise<ReceiptAnswer> {
    const { store, networkId, identity, keepMs } = this.#options
    const { name } = topic.rules
    const keys = messages.map(({ time, id }) => ({ time, key: seenKey(sha256, topic.rules, id).subarray(0, keySize) }))
    const { records } = await store.load(name, keys, readBytesMax)
    const asked = new Map(messages.map(({ id }) => [keyOf(id), id]))
    const ids: Uint8Array[] = []
    let oldest = Number.MAX_SAFE_INTEGER
    for (const record of records) {
      for (const { id, time } of messagesOf(record, { networkId, sha256 }) ?? []) {
        // A whole id, and each once: what only begins alike is not what was asked about.
        if (!asked.delete(keyOf(id))) continue
        ids.push(id)
        oldest = Math.min(oldest, time)
      }
    }
    if (ids.length === 0) return { type: 'held', held: [] }
    const keep = keepMs(topic)
    const body = encodeReceiptBody({
      storer: identity.publicKey,
      storedAt: Date.now() * 1000,
      keepUntil: keep === undefined ? undefined : Math.min(oldest + keep * 1000, Number.MAX_SAFE_INTEGER),
      ids: ids.toSorted(compareBytes),
    })
    const signature = sign(receiptSignedBytes(networkId, name, body), identity)
    return { type: 'signed', receipt: encodeReceipt(body, signature) }
  }
}
