import { randomInt } from 'node:crypto'
import { authorFromMultihash, type Signed } from '@grapevine/protocol'
import { gossipsub, type GossipSub, type GossipSubComponents, type Message } from '@libp2p/gossipsub'
import { BoundedDeliveryRecords } from './delivery-records.ts'
import { gossipDialects } from './dialect.ts'
import { Disagreements } from './disagreement.ts'
import { halfDrained } from './drain.ts'
import { drip } from './drip.ts'
import type { GossipEvents, GossipOptions } from './gossip-events.ts'
import { Greeting } from './greeting.ts'
import { checkInternals, type GossipsubInternals, type Rpc } from './internals.ts'
import { LinkWatchdog } from './link-watchdog.ts'
import { BoundedMessageCache } from './message-cache.ts'
import { partsOf } from './rpc-parts.ts'
import { scoreParams, topicScoreParams } from './score.ts'
import { BoundedSeenCache } from './seen-cache.ts'
import { withholdFromAuthors } from './withhold.ts'

/** Tells the id and number of a message of ours, before it is sent. */
type OnNamed = (id: string, seqno: bigint) => void

/** Memory of gossip in bytes; the sum of the three bounds is the most that traffic can make it keep. */
const bounds = {
  /** Recent messages: at 60 KB each about 200, at 100 B about 17,000. */
  messageCacheBytes: 12 << 20,
  /** Two generations of 262,144 ids in tables of 8 MiB each. */
  seenIds: 1 << 18,
  deliveryRecords: 8_192,
}

const seenTtlMs = 120_000
/** Bytes waiting for one peer before it gets no more messages: the most that a single answer of ours can be. */
const outboundBytesMax = bounds.messageCacheBytes
/** How long a publish waits for the streams of slow peers before it counts as sent. */
const drainMsMax = 1_000
const flushPollMs = 5

/** Gossipsub, bounded in memory, with an explicit message id, and with every send observed. */
export class Gossip {
  /** The service for libp2p; it exists once libp2p has made it. */
  readonly service: (components: GossipSubComponents) => GossipSub
  readonly #events: GossipEvents
  readonly #cache: BoundedMessageCache
  readonly disagreements: Disagreements
  readonly #isSigned: boolean
  #onNamed: OnNamed | undefined
  /** The last publish that waits for its number, where messages have one. */
  #turn: Promise<unknown> = Promise.resolve()
  #gossipsub: GossipsubInternals | undefined
  #greeting: Greeting | undefined
  #watchdog: LinkWatchdog | undefined

  constructor(events: GossipEvents, options: GossipOptions = {}) {
    const { dialect = 'grapevine', wireTopicOf = () => undefined, settings = {} } = options
    this.#events = events
    this.#isSigned = dialect === 'pubsub'
    const { isId, ...rules } = gossipDialects[dialect]
    this.disagreements = new Disagreements({
      dialect,
      isId,
      wireTopicOf,
      onFound: (peer, found) => events.onDisagreement?.(peer, found),
      onForged: (peer) => events.onForged?.(peer),
      now: () => performance.now(),
    })
    this.#cache = new BoundedMessageCache({
      bytesMax: bounds.messageCacheBytes,
      windows: settings.mcacheLength ?? 5,
      gossipWindows: settings.mcacheGossip ?? 3,
      keepsAuthors: this.#isSigned,
      events: {
        onCopy: events.onCopy,
        onOwn: (id, { seqno }) => seqno && this.#onNamed?.(id, Buffer.from(seqno).readBigUInt64BE()),
      },
    })
    const make = gossipsub({
      ...rules,
      asyncValidation: true,
      allowPublishToZeroTopicPeers: true,
      ignoreDuplicatePublishError: true,
      fallbackToFloodsub: false,
      msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex'),
      seenTTL: seenTtlMs,
      messageCache: this.#cache as never,
      maxInboundDataLength: 1 << 20,
      scoreParams,
      ...settings,
    })
    this.service = (components) => {
      const service = make(components)
      const inner = checkInternals(service)
      this.#adopt(inner)
      this.#watchdog = new LinkWatchdog(inner, components, (peer) => this.#repaired(peer))
      return service
    }
  }

  subscribe(topic: string): void {
    this.#inner.score.params.topics[topic] = topicScoreParams
    this.#inner.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    // Its score parameters stay: gossipsub reads them as long as any peer has a record on the topic.
    this.#inner.unsubscribe(topic)
  }

  /**
   * Sends bytes to the mesh; resolves to the number of peers that it went to, once half of their streams take more. With
   * `onNamed`, for a dialect that signs, one after the other: a peer may refuse a number that came after a larger one.
   */
  async publish(topic: string, bytes: Uint8Array, onNamed?: OnNamed): Promise<number> {
    const { recipients } = await (onNamed === undefined
      ? this.#inner.publish(topic, bytes)
      : this.#publishInTurn(topic, bytes, onNamed))
    const streams = recipients.flatMap((peer) => this.#inner.streamsOutbound.get(String(peer))?.rawStream ?? [])
    await halfDrained(streams, drainMsMax)
    return recipients.length
  }

  #publishInTurn(topic: string, bytes: Uint8Array, onNamed: OnNamed): ReturnType<GossipsubInternals['publish']> {
    const published = this.#turn.then(() => {
      this.#onNamed = onNamed
      return this.#inner.publish(topic, bytes)
    })
    this.#turn = published.catch(() => undefined)
    return published
  }

  /** Closes the case of a received message: accept forwards it. */
  verdict(id: string, from: string, verdict: 'accept' | 'ignore' | 'reject'): void {
    this.#inner.reportMessageValidationResult(id, from, verdict)
  }

  /**
   * Passes on what was ignored when it came and is accepted now: among the recent messages, as if it had just come from that
   * peer. Copies of it are copies, also after the time in which gossip remembers ids.
   */
  forward(topic: string, id: string, bytes: Uint8Array, from: string): void {
    const message = { topic, data: bytes }
    this.#inner.seenCache.put(id)
    if (!this.#cache.put({ msgId: Buffer.from(id, 'hex'), msgIdStr: id }, message, true)) return
    this.#inner.forwardMessage(id, message, from)
  }

  /** Puts bytes of ours that were sent before among the recent messages, for {@link greet} to tell of. */
  announce(topic: string, bytes: Uint8Array): void {
    const msgId = gossipDialects.grapevine.msgIdFn({ type: 'unsigned', topic, data: bytes })
    this.#cache.put({ msgId, msgIdStr: Buffer.from(msgId).toString('hex') }, { topic, data: bytes }, true)
  }

  /** Tells all subscribers of a topic which recent messages are here. */
  greet(topic: string): void {
    for (const peer of this.subscribers(topic)) this.#greeting?.greet(peer, [topic])
  }

  /** Neither offers a message to anybody any more, nor gives it out. */
  forget(id: string): void {
    this.#cache.remove(id)
  }

  /** Connected peers that subscribe to a topic and that we can send to. */
  subscribers(topic: string): string[] {
    return this.#inner
      .getSubscribers(topic)
      .map(String)
      .filter((peer) => this.#inner.streamsOutbound.has(peer))
  }

  meshPeers(topic: string): string[] {
    return [...(this.#inner.mesh.get(topic) ?? [])]
  }

  /**
   * Reads no more from a peer until {@link resume}. What it had sent stays in its stream's window of 1 MiB, and then
   * its own writes stop: back-pressure, where stock gossipsub queues without bound.
   */
  pause(peer: string): void {
    const stream = this.#inner.streamsInbound.get(peer)?.rawStream
    if (stream === undefined) return
    drip(stream)
    stream.pause()
  }

  resume(peer: string): void {
    this.#inner.streamsInbound.get(peer)?.rawStream.resume()
  }

  score(peer: string): number {
    return this.#inner.score.score(peer)
  }

  /** Resolves once nothing waits in our streams to peers, or when the signal says so. */
  async flushed(signal: AbortSignal): Promise<void> {
    const waits = (): boolean =>
      [...this.#inner.streamsOutbound.values()].some(
        ({ rawStream }) => rawStream.status === 'open' && rawStream.writeBufferLength > 0,
      )
    while (waits() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, flushPollMs))
  }

  stop(): void {
    this.#greeting?.stop()
    this.#watchdog?.stop()
  }

  get #inner(): GossipsubInternals {
    if (this.#gossipsub === undefined) throw new Error('gossip was used before libp2p made it')
    return this.#gossipsub
  }

  #adopt(inner: GossipsubInternals): void {
    this.#gossipsub = inner
    const seen = {
      idsMin: bounds.seenIds,
      ttlMs: seenTtlMs,
      salt: randomInt(2 ** 32 - 1),
      now: () => performance.now(),
    }
    inner.seenCache = new BoundedSeenCache(seen)
    inner.publishedMessageIds = new BoundedSeenCache({ ...seen, idsMin: 1_024 })
    inner.score.deliveryRecords = new BoundedDeliveryRecords({
      recordsMax: bounds.deliveryRecords,
      ttlMs: seenTtlMs,
      wall: () => Date.now(),
    })
    const greeting = new Greeting(inner, this.#cache)
    this.#greeting = greeting
    this.#observeSends(inner)
    if (this.#isSigned) withholdFromAuthors(inner)
    this.disagreements.watch(inner)
    inner.addEventListener('gossipsub:message', ({ detail }) => {
      const { msg, msgId, propagationSource } = detail
      this.#events.onMessage(
        msg.topic,
        propagationSource.toString(),
        msgId,
        this.#cache.dataOf(msgId) ?? new Uint8Array(msg.data),
        signedOf(msg),
      )
    })
    inner.addEventListener('subscription-change', ({ detail }) => {
      const peer = detail.peerId.toString()
      this.disagreements.subscribed(
        peer,
        detail.subscriptions.filter(({ subscribe }) => subscribe).map(({ topic }) => topic),
      )
      const shared = detail.subscriptions.filter(({ topic, subscribe }) => subscribe && inner.mesh.has(topic))
      const topics = [...new Set(shared.map(({ topic }) => topic))]
      if (topics.length > 0) greeting.greet(peer, topics)
      for (const topic of topics) this.#events.onSubscribed(topic, peer)
    })
    // What we passed on since the peer subscribed went to the mesh only, which it was not in until now.
    inner.addEventListener('gossipsub:graft', ({ detail: { peerId, topic } }) => {
      if (!inner.mesh.get(topic)?.has(peerId)) return
      greeting.greet(peerId, [topic])
      this.#events.onGrafted(topic, peerId)
    })
  }

  /** What was lost while the link was dead the peer hears of again. */
  #repaired(peer: string): void {
    this.#events.onRepair(peer)
    const shared = [...this.#inner.mesh.keys()].filter((topic) =>
      this.#inner.getSubscribers(topic).some((subscriber) => String(subscriber) === peer),
    )
    this.#greeting?.greet(peer, shared)
  }

  /** Wraps sendRpc: cuts what is too large for other implementations, and reports each message that left. */
  #observeSends(inner: GossipsubInternals): void {
    const send = inner.sendRpc.bind(inner)
    const sendAndReport = (peer: string, rpc: Rpc): boolean => {
      const isSent = send(peer, rpc)
      if (isSent) {
        for (const message of rpc.messages) {
          const id = this.#cache.nameOf(message)
          if (id !== undefined) this.#events.onSent(id, peer)
        }
      }
      return isSent
    }
    inner.sendRpc = (peer, rpc) => {
      // Stock gossipsub queues for a peer that does not read until the process has no memory left.
      const waiting = inner.streamsOutbound.get(peer)?.rawStream.writeBufferLength ?? 0
      if (waiting > outboundBytesMax && rpc.messages?.length > 0) return false
      let isSent = true
      for (const part of partsOf(rpc)) isSent = sendAndReport(peer, part) && isSent
      return isSent
    }
  }
}

const signedOf = (message: Message): Signed | undefined =>
  message.type === 'signed'
    ? { author: authorFromMultihash(message.from.toMultihash().bytes), seqno: message.sequenceNumber }
    : undefined
