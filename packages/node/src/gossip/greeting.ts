import type { BoundedMessageCache } from './message-cache.ts'
import type { GossipsubInternals } from './internals.ts'

/** Ids in one greeting; gossipsub looks at 5,000 a heartbeat at most. */
const idsMax = 2_000
/** A peer's stream to us opens within one round trip of its own; after this long it has another trouble. */
const triesMax = 100
const retryMs = 50

/**
 * Tells a peer that has just subscribed which recent messages we have, with an IHAVE. Without it whatever was published
 * or forwarded between the connection and the subscription never reaches the peer: gossipsub sends to subscribers it
 * knows of, and later gossips only to peers outside the mesh (measured on the stock stack: 4 of 5 peers got the first
 * publish, the fifth never).
 */
export class Greeting {
  readonly #gossipsub: GossipsubInternals
  readonly #cache: BoundedMessageCache
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(gossipsub: GossipsubInternals, cache: BoundedMessageCache) {
    this.#gossipsub = gossipsub
    this.#cache = cache
  }

  greet(peer: string, topic: string, tries = 0): void {
    const messageIDs = this.#cache
      .getGossipIDs(new Set([topic]))
      .get(topic)
      ?.slice(0, idsMax)
    if (messageIDs === undefined && this.#gossipsub.streamsOutbound.has(peer)) return
    const control = {
      ihave: [{ topicID: topic, messageIDs: messageIDs ?? [] }],
      iwant: [],
      graft: [],
      prune: [],
      idontwant: [],
    }
    // Our stream to the peer may open after its stream to us, on which the subscription came.
    const isSent =
      messageIDs !== undefined && this.#gossipsub.sendRpc(peer, { subscriptions: [], messages: [], control })
    if (isSent || tries >= triesMax) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.greet(peer, topic, tries + 1)
    }, retryMs)
    timer.unref()
    this.#timers.add(timer)
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
