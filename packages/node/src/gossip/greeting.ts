import type { BoundedMessageCache } from './message-cache.ts'
import type { GossipsubInternals } from './internals.ts'

/** Bytes of the ids in one greeting: rust-libp2p ends a stream that brings an RPC over 64 KiB. */
const idsBytesMax = 60_000
/** What stands before an id in an RPC: tag and length. */
const idOverhead = 2
/** Bytes that may wait for a peer before it is greeted no more. */
const waitingBytesMax = 1 << 20
/** A peer's stream to us opens within one round trip of its own; after this long it has another trouble. */
const triesMax = 100
const retryMs = 50
/** A greeting costs us a walk over the cache, and a subscription costs its sender nothing: no peer gets more in this time. */
const quietMs = 250

/** A peer that is to be greeted, or was a moment ago: with what it has subscribed to since. */
interface Guest {
  readonly topics: Set<string>
  timer?: NodeJS.Timeout
}

/**
 * Tells a peer that has just subscribed, or has come into our mesh, which recent messages we have, with an IHAVE.
 * Without it whatever was published or forwarded before never reaches the peer: gossipsub sends to subscribers it knows
 * of, forwards to its mesh, and later gossips only to peers outside the mesh (measured on the stock stack: 4 of 5 peers
 * got the first publish, the fifth never).
 */
export class Greeting {
  readonly #gossipsub: GossipsubInternals
  readonly #cache: BoundedMessageCache
  readonly #guests = new Map<string, Guest>()

  constructor(gossipsub: GossipsubInternals, cache: BoundedMessageCache) {
    this.#gossipsub = gossipsub
    this.#cache = cache
  }

  /** One RPC for all topics: a peer heeds ten IHAVE a heartbeat. */
  greet(peer: string, topics: readonly string[]): void {
    const known = this.#guests.get(peer)
    const guest = known ?? { topics: new Set() }
    for (const topic of topics) guest.topics.add(topic)
    if (known !== undefined) return
    this.#guests.set(peer, guest)
    this.#receive(peer, guest, 0)
  }

  stop(): void {
    for (const { timer } of this.#guests.values()) clearTimeout(timer)
    this.#guests.clear()
  }

  #receive(peer: string, guest: Guest, tries: number): void {
    const stream = this.#gossipsub.streamsOutbound.get(peer)
    if ((stream === undefined && tries >= triesMax) || guest.topics.size === 0) {
      this.#guests.delete(peer)
      return
    }
    if (stream !== undefined) {
      // A peer that subscribes again and again and reads nothing gets no more of them.
      if (stream.rawStream.writeBufferLength <= waitingBytesMax) this.#send(peer, guest.topics)
      guest.topics.clear()
    }
    // Our stream to the peer may open after its stream to us, on which the subscription came.
    const [waitMs, next] = stream === undefined ? [retryMs, tries + 1] : [quietMs, 0]
    guest.timer = setTimeout(() => this.#receive(peer, guest, next), waitMs)
    guest.timer.unref()
  }

  #send(peer: string, topics: ReadonlySet<string>): void {
    const ihave: { topicID: string; messageIDs: Uint8Array[] }[] = []
    let left = idsBytesMax
    for (const [topicID, ids] of this.#cache.getGossipIDs(topics)) {
      left -= topicID.length
      // Of one rule, so of about one length.
      const idBytes = (ids[0]?.length ?? 0) + idOverhead
      const messageIDs = ids.slice(0, Math.max(0, Math.floor(left / idBytes)))
      if (messageIDs.length === 0) break
      ihave.push({ topicID, messageIDs })
      left -= messageIDs.length * idBytes
    }
    if (ihave.length === 0) return
    const control = { ihave, iwant: [], graft: [], prune: [], idontwant: [] }
    this.#gossipsub.sendRpc(peer, { subscriptions: [], messages: [], control })
  }
}
