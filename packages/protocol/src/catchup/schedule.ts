import type { Millis, PeerId } from '../event.ts'

/** Options of a {@link Schedule}. */
export interface ScheduleOptions {
  /** Our own peer id: of two peers that meet, the one with the smaller id begins. */
  readonly self: PeerId
  /** Time between two rounds. */
  readonly intervalMs: number
  /** 0 to 1, fresh each time. */
  readonly random: () => number
}

/** The other side gets this long to begin when two peers meet. */
const courtesyMs = 1_000
/** Two sessions with one peer on one topic are at least this far apart, unless the first brought something and left more. */
const spacingMs = 2_000
/** A peer that does not speak this, or that fails, is left alone for this long. */
const quietMs = 30_000
/** From a peer that goes by another definition of a topic nothing of it is fetched for this long. A guess. */
const otherwiseMs = 600_000
/** Topics that a round takes up at most; the others come in the next. */
const topicsPerRound = 32

/**
 * What came of a session: the two are `equal`; `more` is left after some was fetched, so that the next follows at once; it
 * is to be tried `again` in a while, since it did not begin or brought nothing; the peer goes `otherwise`, by another definition of the topic; or it `failed`.
 */
export type Outcome = 'equal' | 'more' | 'again' | 'otherwise' | 'failed'

interface Pair {
  /** When a session is due; Infinity: not. */
  dueAt: Millis
  /** Due in a round: gossip is at work between the two. */
  isRound: boolean
  doneAt: Millis
  /** Until when the peer is taken to go by another definition. */
  otherwiseUntil: Millis
}

/** A session that is due. */
export interface Due {
  readonly peer: PeerId
  readonly topic: string
  readonly isRound: boolean
}

/** Who is to be compared with on what, and when: when peers meet, when one comes into the mesh, and in rounds with a random one. */
export class Schedule {
  readonly #options: ScheduleOptions
  readonly #peers = new Map<PeerId, Map<string, Pair>>()
  readonly #quietUntil = new Map<PeerId, Millis>()
  /** Pairs of which a session is due: mostly none, and then nobody has to be looked at. */
  #dueCount = 0
  #roundAt: Millis | undefined
  #turn = 0

  constructor(options: ScheduleOptions) {
    this.#options = options
  }

  /** A connected peer takes part in a lossless topic, or has a new definition of it, or we do. */
  joined(peer: PeerId, topic: string, now: Millis): void {
    let topics = this.#peers.get(peer)
    if (topics === undefined) this.#peers.set(peer, (topics = new Map()))
    let pair = topics.get(topic)
    if (pair === undefined)
      topics.set(topic, (pair = { dueAt: Infinity, isRound: false, doneAt: -Infinity, otherwiseUntil: 0 }))
    pair.isRound = false
    pair.otherwiseUntil = 0
    const courtesy = this.#options.self < peer ? 0 : courtesyMs
    this.#setDue(pair, Math.min(pair.dueAt, Math.max(now + courtesy, pair.doneAt + spacingMs)))
    this.#roundAt ??= now + this.#interval()
  }

  left(peer: PeerId): void {
    for (const pair of this.#peers.get(peer)?.values() ?? []) this.#setDue(pair, Infinity)
    this.#peers.delete(peer)
    this.#quietUntil.delete(peer)
  }

  released(topic: string): void {
    for (const topics of this.#peers.values()) {
      const pair = topics.get(topic)
      if (pair !== undefined) this.#setDue(pair, Infinity)
      topics.delete(topic)
    }
  }

  /** Whether a peer names the messages of a topic by another rule, as far as is known. */
  isOtherwise(peer: PeerId, topic: string, now: Millis): boolean {
    return now < (this.#peers.get(peer)?.get(topic)?.otherwiseUntil ?? 0)
  }

  /** Peers that take part in a topic. */
  peersOf(topic: string): PeerId[] {
    return [...this.#peers].filter(([, topics]) => topics.has(topic)).map(([peer]) => peer)
  }

  /** A session ended, or did not begin. */
  done(peer: PeerId, topic: string, outcome: Outcome, now: Millis): void {
    if (outcome === 'failed' && this.#peers.has(peer)) this.#quietUntil.set(peer, now + quietMs)
    const pair = this.#peers.get(peer)?.get(topic)
    if (pair === undefined) return
    pair.doneAt = now
    if (outcome === 'otherwise') pair.otherwiseUntil = now + otherwiseMs
    this.#setDue(pair, outcome === 'more' ? now : outcome === 'again' ? now + spacingMs : Infinity)
  }

  /** The pair that is due longest among the peers that are free; it is then no longer due. */
  take(now: Millis, isFree: (peer: PeerId) => boolean): Due | undefined {
    this.#beginRound(now)
    if (this.#dueCount === 0) return undefined
    let first: { peer: PeerId; topic: string; pair: Pair } | undefined
    for (const [peer, topics] of this.#peers) {
      if (!isFree(peer) || (this.#quietUntil.get(peer) ?? 0) > now) continue
      for (const [topic, pair] of topics) {
        if (pair.dueAt <= now && pair.dueAt < (first?.pair.dueAt ?? Infinity)) first = { peer, topic, pair }
      }
    }
    if (first === undefined) return undefined
    this.#setDue(first.pair, Infinity)
    return { peer: first.peer, topic: first.topic, isRound: first.pair.isRound }
  }

  /** When something is due next among the peers that are free. */
  nextAt(isFree: (peer: PeerId) => boolean): Millis | undefined {
    let next = this.#peers.size === 0 ? Infinity : (this.#roundAt ?? Infinity)
    if (this.#dueCount === 0) return next === Infinity ? undefined : next
    for (const [peer, topics] of this.#peers) {
      if (!isFree(peer)) continue
      const quiet = this.#quietUntil.get(peer) ?? 0
      for (const { dueAt } of topics.values()) next = Math.min(next, Math.max(dueAt, quiet))
    }
    return next === Infinity ? undefined : next
  }

  #beginRound(now: Millis): void {
    if (this.#roundAt === undefined || now < this.#roundAt) return
    this.#roundAt = now + this.#interval()
    const all = [...new Set([...this.#peers.values()].flatMap((topics) => [...topics.keys()]))].toSorted()
    const turn = this.#turn++ * topicsPerRound
    const topics = all.length <= topicsPerRound ? all : all.map((_, index) => all[(turn + index) % all.length]!)
    for (const topic of topics.slice(0, topicsPerRound)) {
      const peers = this.peersOf(topic).filter((peer) => (this.#quietUntil.get(peer) ?? 0) <= now)
      const peer = peers[Math.floor(this.#options.random() * peers.length)]
      const pair = peer === undefined ? undefined : this.#peers.get(peer)!.get(topic)
      if (pair === undefined || pair.dueAt !== Infinity) continue
      this.#setDue(pair, now)
      pair.isRound = true
    }
  }

  #setDue(pair: Pair, at: Millis): void {
    this.#dueCount += Number(at !== Infinity) - Number(pair.dueAt !== Infinity)
    pair.dueAt = at
  }

  /** Between half and one and a half times the interval: nodes that start together do not stay in step. */
  #interval(): number {
    return this.#options.intervalMs * (0.5 + this.#options.random())
  }
}
