import { sizeOfMessage, type RpcMessage } from './internals.ts'

interface MessageId {
  readonly msgId: Uint8Array
  readonly msgIdStr: string
}

interface CacheEntry {
  readonly id: Uint8Array
  readonly message: RpcMessage
  readonly bytes: number
  /** Heartbeats before it came. */
  readonly window: number
  validated: boolean
  /** Peers that sent it while it was being checked: they need no copy. */
  senders: Set<string>
  /** How often each peer asked for it. */
  asked: Map<string, number>
}

/** Heap cost of an entry beside its payload; measured as about 500 bytes on V8, rounded up. */
const entryBytes = 600

/** What the cache tells about the traffic that passes through it. */
export interface MessageCacheEvents {
  /** A copy of bytes that gossipsub had seen. */
  readonly onCopy: (id: string, from: string) => void
  /** A message of our own has its id, and is sent next. */
  readonly onOwn?: (id: string, message: RpcMessage) => void
}

/**
 * Gossipsub's window of recent messages, for forwarding after the verdict and for answering IWANT. In place of the stock
 * one, which is bounded by time only: this one drops the oldest beyond `bytesMax`. An envelope whose verdict is still
 * open can be dropped too; it is then delivered here, but not forwarded.
 */
export class BoundedMessageCache {
  readonly #bytesMax: number
  readonly #windows: number
  readonly #gossipWindows: number
  readonly #events: MessageCacheEvents
  readonly #keepsAuthors: boolean
  /** In order of arrival. Nothing else lists the ids: what is rejected or dropped leaves no trace. */
  readonly #entries = new Map<string, CacheEntry>()
  /** Heartbeats so far. */
  #window = 0
  #names = new WeakMap<RpcMessage, string>()
  #bytes = 0

  /** `keepsAuthors`: messages are passed on with author, number and signature, as dialect `pubsub` wants them. */
  constructor(options: {
    bytesMax: number
    windows: number
    gossipWindows: number
    events: MessageCacheEvents
    keepsAuthors?: boolean
  }) {
    this.#bytesMax = options.bytesMax
    this.#windows = options.windows
    this.#gossipWindows = options.gossipWindows
    this.#events = options.events
    this.#keepsAuthors = options.keepsAuthors ?? false
  }

  get size(): number {
    return this.#entries.size
  }

  /** Estimated bytes held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Read by gossipsub's metrics. */
  get notValidatedCount(): number {
    let count = 0
    for (const entry of this.#entries.values()) if (!entry.validated) count++
    return count
  }

  /** The id under which a message object went through the cache, while the object lives. */
  nameOf(message: RpcMessage): string | undefined {
    return this.#names.get(message)
  }

  /** The bytes of a message that is held. */
  dataOf(id: string): Uint8Array | undefined {
    return this.#entries.get(id)?.message.data
  }

  put(id: MessageId, message: RpcMessage, validated = false): boolean {
    if (this.#entries.has(id.msgIdStr)) return false
    // Passed on with an author it would cost us our score: go-libp2p-pubsub and rust-libp2p refuse it.
    if (!this.#keepsAuthors) delete message.from
    detach(message)
    const bytes = entryBytes + sizeOfMessage(message)
    const window = this.#window
    this.#entries.set(id.msgIdStr, {
      id: id.msgId,
      message,
      bytes,
      window,
      validated,
      senders: new Set(),
      asked: new Map(),
    })
    this.#names.set(message, id.msgIdStr)
    if (validated) this.#events.onOwn?.(id.msgIdStr, message)
    this.#bytes += bytes
    if (this.#bytes > this.#bytesMax) this.#evict()
    return true
  }

  /** Some at once: each walk of a Map from its beginning steps over the holes of all that went before. */
  #evict(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax * (15 / 16)) break
      this.remove(oldest)
    }
  }

  observeDuplicate(id: string, from: string): void {
    const entry = this.#entries.get(id)
    if (entry?.validated === false) entry.senders.add(from)
    this.#events.onCopy(id, from)
  }

  getWithIWantCount(id: string, peer: string): { msg: RpcMessage; count: number } | null {
    const entry = this.#entries.get(id)
    if (entry === undefined) return null
    const count = (entry.asked.get(peer) ?? 0) + 1
    entry.asked.set(peer, count)
    return { msg: entry.message, count }
  }

  /** Ids of accepted messages in the windows that are gossiped about, by topic, youngest first. */
  getGossipIDs(topics: ReadonlySet<string>): Map<string, Uint8Array[]> {
    const found = new Map<string, Uint8Array[]>()
    for (const { id, message, validated, window } of [...this.#entries.values()].toReversed()) {
      if (window <= this.#window - this.#gossipWindows) break
      if (!validated || !topics.has(message.topic)) continue
      const ids = found.get(message.topic)
      if (ids === undefined) found.set(message.topic, [id])
      else ids.push(id)
    }
    return found
  }

  validate(id: string): { message: RpcMessage; originatingPeers: Set<string> } | null {
    const entry = this.#entries.get(id)
    if (entry === undefined) return null
    const originatingPeers = entry.senders
    entry.validated = true
    entry.senders = new Set()
    return { message: entry.message, originatingPeers }
  }

  /** Called by gossipsub at each heartbeat. */
  shift(): void {
    this.#window++
    for (const [id, { window }] of this.#entries) {
      if (window > this.#window - this.#windows) break
      this.remove(id)
    }
  }

  remove(id: string): { message: RpcMessage; originatingPeers: Set<string> } | null {
    const entry = this.#entries.get(id)
    if (entry === undefined) return null
    this.#entries.delete(id)
    this.#bytes -= entry.bytes
    return { message: entry.message, originatingPeers: entry.senders }
  }
}

/**
 * Gives a message bytes of its own if they are a view of something much larger: a received one is part of its RPC, and
 * 100 B would keep up to 1 MiB alive, here and in whoever reads it.
 */
function detach(message: RpcMessage): void {
  const whole = 2 * sizeOfMessage(message) + entryBytes
  for (const part of ['data', 'from', 'seqno', 'signature', 'key'] as const) {
    const bytes = message[part]
    if (bytes !== undefined && bytes.buffer.byteLength > whole) message[part] = new Uint8Array(bytes)
  }
}
