import type { Millis, PeerId } from '../event.ts'

/** How often rounds are held. */
export interface RoundOptions {
  /** Between two rounds when nothing is new, in ms. Default 1,000, as in Cassandra. */
  readonly roundMs: number
  /** Between two rounds while something is new, in ms. Default 200, as memberlist gossips. */
  readonly hotRoundMs: number
  /** How long something is new, in ms. Default 1,200: six rounds, after which all but few nodes have it. */
  readonly hotMs: number
  /** Rounds beyond one each `roundMs` that may be held in a row. Default 30. */
  readonly extraRoundsMax: number
  /** How many of those come back a second. Default 0.5: steady change costs at most half as much again. */
  readonly extraRoundsPerSecond: number
}

/** The defaults of {@link RoundOptions}. */
export const roundOptions: RoundOptions = Object.freeze({
  roundMs: 1000,
  hotRoundMs: 200,
  hotMs: 1200,
  extraRoundsMax: 30,
  extraRoundsPerSecond: 0.5,
})

/** With whom, and when. Nothing here knows what is said. */
export class Rounds {
  readonly #options: RoundOptions
  readonly #random: () => number
  #live: readonly PeerId[] = []
  #dead: readonly PeerId[] = []
  #seeds: readonly PeerId[] = []
  #lastAt: Millis
  #jitter: number
  #hotUntil: Millis = -Infinity
  #extra: number
  #extraAt: Millis

  constructor(options: RoundOptions, random: () => number, now: Millis) {
    this.#options = options
    this.#random = random
    this.#extra = options.extraRoundsMax
    this.#extraAt = now
    // The first round somewhere in the first second, so that nodes that start together do not stay in step.
    this.#lastAt = now - random() * options.roundMs
    this.#jitter = 1
  }

  contacts(live: readonly PeerId[], dead: readonly PeerId[], seeds: readonly PeerId[]): void {
    this.#live = live
    this.#dead = dead
    this.#seeds = seeds
  }

  /** Something is new: more rounds, soon. */
  heat(now: Millis): void {
    this.#hotUntil = now + this.#options.hotMs
  }

  get nextAt(): Millis | undefined {
    if (this.#live.length + this.#dead.length + this.#seeds.length === 0) return undefined
    const { roundMs, hotRoundMs } = this.#options
    const slow = this.#lastAt + roundMs * this.#jitter
    const fast = this.#lastAt + hotRoundMs * this.#jitter
    return fast <= this.#hotUntil && this.#extra >= 1 ? fast : slow
  }

  /**
   * With whom to hold a round that is due: one that seems alive; now and then one that does not, the more often the more
   * there are; and now and then a seed, or parts of a network that were cut would never meet again. Cassandra's rule
   * (Gossiper.java: maybeGossipToUnreachableMember, maybeGossipToSeed). Only the first in rounds out of turn.
   */
  partners(now: Millis): PeerId[] {
    const { roundMs, extraRoundsMax, extraRoundsPerSecond } = this.#options
    const isExtra = now < this.#lastAt + roundMs * this.#jitter
    this.#extra = Math.min(extraRoundsMax, this.#extra + ((now - this.#extraAt) / 1000) * extraRoundsPerSecond)
    this.#extraAt = now
    if (isExtra) this.#extra -= 1
    this.#lastAt = now
    this.#jitter = 0.9 + this.#random() * 0.2
    const [live, dead, seeds] = [this.#live, this.#dead, this.#seeds]
    const chosen = new Set<PeerId>()
    if (live.length > 0) chosen.add(this.#pick(live))
    if (isExtra && live.length > 0) return [...chosen]
    if (dead.length > 0 && this.#random() < dead.length / (live.length + 1)) chosen.add(this.#pick(dead))
    const isSeeded = seeds.some((seed) => chosen.has(seed)) && live.length >= seeds.length
    const seedChance = live.length === 0 ? 1 : seeds.length / (live.length + dead.length)
    if (seeds.length > 0 && !isSeeded && this.#random() < seedChance) chosen.add(this.#pick(seeds))
    return [...chosen]
  }

  #pick(peers: readonly PeerId[]): PeerId {
    return peers[Math.floor(this.#random() * peers.length)]!
  }
}
