import type { Action, Millis, PeerId, Ref } from '../event.ts'
import { wantIdsMax } from './frame.ts'

/** What asking for dependencies needs. */
export interface WishesOptions {
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** Peers that keep a topic. */
  readonly peersOf: (topic: string) => readonly PeerId[]
}

/** A message that something waits for, and that is not here. */
interface Wish {
  readonly name: string
  readonly topic: string
  readonly id: Uint8Array
  /** Who brought what waits for it: asked first. */
  readonly from: PeerId
  readonly asked: Set<PeerId>
  tries: number
  nextAt: Millis
  isAsked: boolean
}

interface Request {
  readonly peer: PeerId
  readonly topic: string
  readonly names: readonly string[]
}

/** Requests at once; one with a peer. */
const requestsMax = 8
/**
 * As a rule a parent is on its way by gossip and comes within this time. What a store gave has no such hope: its
 * dependencies are asked for at once.
 */
const graceMs = 250
/** Requests for one message: the last comes about two minutes after the first. */
const triesMax = 8
const retryMs = { first: 1_000, max: 60_000 }

/**
 * Asks peers for messages by id: first who brought what waits for it, then the others that keep the topic, one after the
 * other and again, with growing pauses. A message is asked for once at a time, and a peer has one request at a time.
 */
export class Wishes {
  readonly #options: WishesOptions
  readonly #wishes = new Map<string, Wish>()
  readonly #requests = new Map<Ref, Request>()
  #nextAt: Millis = Infinity

  constructor(options: WishesOptions) {
    this.#options = options
  }

  /** When something is to be asked for next; Infinity: not by itself. */
  get nextAt(): Millis {
    return this.#requests.size >= requestsMax ? Infinity : this.#nextAt
  }

  add(wish: Pick<Wish, 'name' | 'topic' | 'id' | 'from'>, isFetched: boolean, now: Millis): void {
    if (this.#wishes.has(wish.name)) return
    const rest = { asked: new Set<PeerId>(), tries: 0, isAsked: false }
    const nextAt = isFetched ? now : now + graceMs
    this.#wishes.set(wish.name, { ...wish, ...rest, nextAt })
    this.#nextAt = Math.min(this.#nextAt, nextAt)
  }

  /** It came, or nobody waits for it any more. */
  drop(name: string): void {
    this.#wishes.delete(name)
  }

  /** Whom a request went to, and for what; it is answered. */
  answered(ref: Ref, now: Millis): Request | undefined {
    const request = this.#requests.get(ref)
    if (request === undefined) return undefined
    this.#requests.delete(ref)
    for (const name of request.names) {
      const wish = this.#wishes.get(name)
      if (wish === undefined) continue
      wish.isAsked = false
      // Another peer may have it: the first round over all goes on at once.
      const isRound = this.#options.peersOf(wish.topic).some((peer) => !wish.asked.has(peer))
      wish.nextAt = isRound ? now : now + Math.min(retryMs.max, retryMs.first * 2 ** (wish.tries - 1))
      if (wish.tries >= triesMax) wish.nextAt = Infinity
    }
    this.#look()
    return request
  }

  /** Asks for what is due. Returns what was asked for, and of whom. */
  tick(now: Millis): readonly { readonly name: string; readonly id: Uint8Array; readonly peer: PeerId }[] {
    if (now < this.nextAt) return []
    const busy = new Set([...this.#requests.values()].map(({ peer }) => peer))
    const batches = new Map<string, { readonly peer: PeerId; readonly topic: string; readonly wishes: Wish[] }>()
    for (const wish of this.#wishes.values()) {
      if (wish.isAsked || wish.nextAt > now) continue
      const peer = this.#next(wish)
      // Nobody is there, or the peer is at work for us: a little later.
      if (peer === undefined || busy.has(peer)) {
        wish.nextAt = now + (peer === undefined ? retryMs.first : graceMs)
        continue
      }
      const key = `${peer}\0${wish.topic}`
      const batch = batches.get(key) ?? { peer, topic: wish.topic, wishes: [] }
      if (batch.wishes.length >= wantIdsMax) wish.nextAt = now + graceMs
      else batches.set(key, { ...batch, wishes: [...batch.wishes, wish] })
    }
    const told: { name: string; id: Uint8Array; peer: PeerId }[] = []
    for (const { peer, topic, wishes } of batches.values()) {
      if (this.#requests.size >= requestsMax || busy.has(peer)) {
        for (const wish of wishes) wish.nextAt = now + graceMs
        continue
      }
      busy.add(peer)
      const ref = this.#options.nextRef()
      this.#requests.set(ref, { peer, topic, names: wishes.map(({ name }) => name) })
      for (const wish of wishes) {
        wish.isAsked = true
        wish.tries++
        wish.asked.add(peer)
        told.push({ name: wish.name, id: wish.id, peer })
      }
      this.#options.emit({ type: 'want', ref, peer, topic, ids: wishes.map(({ id }) => id) })
    }
    this.#look()
    return told
  }

  #look(): void {
    this.#nextAt = Infinity
    for (const { nextAt, isAsked } of this.#wishes.values()) if (!isAsked) this.#nextAt = Math.min(this.#nextAt, nextAt)
  }

  /** Whom to ask next: who brought it, then who was not asked yet, then all anew. */
  #next({ topic, from, asked }: Wish): PeerId | undefined {
    const peers = this.#options.peersOf(topic)
    if (!asked.has(from) && peers.includes(from)) return from
    const fresh = peers.find((peer) => !asked.has(peer))
    if (fresh !== undefined) return fresh
    asked.clear()
    return peers.includes(from) ? from : peers[0]
  }
}
