import { Draws } from '../draws.ts'
import { checkPart, checkWhole, nodesMax } from './option.ts'
import type { Trial } from './study.ts'

/** Options of {@link deathTrial}. */
export interface DeathOptions {
  /** Sites. 2 to 2^26. */
  readonly nodes: number
  /** Cycles for which every site keeps a death certificate: the paper's τ1. From 1. */
  readonly keep: number
  /** Cycles for which the retention sites keep it beyond that, dormant: τ2. From 0. */
  readonly dormant: number
  /** Sites that keep it dormant: r. 0 to `nodes` − 1. */
  readonly retention: number
  /** The chance that a retention site has lost it by the time that the old copy comes. 0 to 1. */
  readonly lost: number
  /** The cycle in which a site that was away since before the deletion comes back, with the old copy. From 1. */
  readonly away: number
  /** The cycle in which the item is written anew, later than the deletion; 0 for never. Below `away`. */
  readonly rewrite: number
}

/** Times of things that are not there. */
const none = -1

/**
 * A deletion that meets an old copy: death certificates with dormant ones, Demers et al. 1987, §2. Sites exchange what they
 * have by push-pull, once a cycle. Site 0 deletes the item in cycle 0, while the last site is away with a copy. After `keep`
 * cycles a certificate is forgotten, but at retention sites sleeps on; it wakes when it meets an item that is older than
 * the deletion, and spreads anew. Waking changes the time of activation and not that of the deletion, so that an item that
 * was written since then survives.
 *
 * Values: `resurrected`, 1 if the old copy stayed; `oldMost`, sites that had it at once at most, in parts of all;
 * `cleanAfter`, cycles from the return until nobody had it; `rewritten`, the part of the sites with the new item at the end;
 * `woken`, certificates that woke; `kept`, cycles of certificates kept per site, awake and asleep: the space.
 */
export function deathTrial(options: DeathOptions): Trial {
  check(options)
  const model = new DeathModel(options)
  return { bytes: model.bytes, run: (rng) => ({ values: model.run(new Draws(rng)) }) }
}

function check({ nodes, keep, dormant, retention, lost, away, rewrite }: DeathOptions): void {
  checkWhole('nodes', nodes, 2, nodesMax)
  checkWhole('keep', keep, 1, 1_000_000)
  checkWhole('dormant', dormant, 0, 1_000_000)
  checkWhole('retention', retention, 0, nodes - 1)
  checkPart('lost', lost)
  checkWhole('away', away, 1, 1_000_000)
  checkWhole('rewrite', rewrite, 0, away - 1)
}

class DeathModel {
  readonly #options: DeathOptions
  /** When the item that a site has was written: 0 for the old one, which is older than the deletion in cycle 1. */
  readonly #item: Int32Array
  /** When the deletion was activated that a site has a certificate of. */
  readonly #active: Int32Array
  /** 1 at retention sites. */
  readonly #retains: Uint8Array
  readonly #order: Uint32Array
  #woken = 0

  constructor(options: DeathOptions) {
    this.#options = options
    this.#item = new Int32Array(options.nodes)
    this.#active = new Int32Array(options.nodes)
    this.#retains = new Uint8Array(options.nodes)
    this.#order = new Uint32Array(options.nodes)
  }

  get bytes(): number {
    return this.#options.nodes * 13
  }

  run(draws: Draws): Record<string, number> {
    const { nodes, away, keep, dormant, rewrite } = this.#options
    this.#begin(draws)
    const returning = nodes - 1
    let [oldMost, cleanAt, kept] = [0, 0, 0]
    const end = away + keep + dormant + 20 * Math.ceil(Math.log2(nodes) + 1)
    for (let now = 1; now <= end; now++) {
      if (rewrite > 0 && now === rewrite) this.#meet(0, 0, now, now)
      // Until it is back, the last site takes no part.
      const present = now < away ? nodes - 1 : nodes
      for (let site = 0; site < present; site++) {
        const partner = draws.other(site, present)
        this.#exchange(site, partner, now)
      }
      const counts = this.#endCycle(present, now)
      kept += counts.certificates
      if (now < away) continue
      oldMost = Math.max(oldMost, counts.old)
      if (counts.old > 0) cleanAt = now
    }
    const old = this.#item.reduce((sum, time) => sum + (time === 0 ? 1 : 0), 0)
    const written = this.#item.reduce((sum, time) => sum + (time > 1 ? 1 : 0), 0)
    return {
      resurrected: old > 0 ? 1 : 0,
      oldMost: oldMost / nodes,
      cleanAfter: Math.max(0, cleanAt - away + 1),
      rewritten: written / nodes,
      woken: this.#woken,
      kept: kept / (returning + 1),
    }
  }

  #begin(draws: Draws): void {
    const { nodes, retention, lost } = this.#options
    this.#item.fill(0)
    this.#active.fill(none)
    this.#retains.fill(0)
    this.#woken = 0
    for (let site = 0; site < nodes; site++) this.#order[site] = site
    // Not the one that is away.
    draws.shuffle(this.#order, nodes - 1)
    for (let index = 0; index < retention; index++) this.#retains[this.#order[index]!] = draws.chance(lost) ? 0 : 1
    this.#item[0] = none
    this.#active[0] = 1
  }

  /** Each gets what the other has; dormant certificates are not offered. */
  #exchange(a: number, b: number, now: number): void {
    const [itemA, itemB] = [this.#item[a]!, this.#item[b]!]
    const [activeA, activeB] = [this.#offered(a, now), this.#offered(b, now)]
    this.#meet(a, activeB, itemB, now)
    this.#meet(b, activeA, itemA, now)
  }

  #offered(site: number, now: number): number {
    const active = this.#active[site]!
    return active !== none && now - active < this.#options.keep ? active : none
  }

  /** A site learns of a certificate, by the time of its activation, and of an item, by the time when it was written. */
  #meet(site: number, activated: number, written: number, now: number): void {
    if (activated > this.#active[site]!) this.#active[site] = activated
    const isDeleted = this.#active[site] !== none
    if (written > this.#item[site]! && !(isDeleted && written === 0)) this.#item[site] = written
    if (isDeleted && this.#item[site] === 0) this.#item[site] = none
    const isAsleep = isDeleted && now - this.#active[site]! >= this.#options.keep
    if (written !== 0 || !isAsleep) return
    this.#active[site] = now
    this.#woken++
  }

  /** What is too old is forgotten. */
  #endCycle(present: number, now: number): { old: number; certificates: number } {
    const { keep, dormant } = this.#options
    let [old, certificates] = [0, 0]
    for (let site = 0; site < present; site++) {
      const active = this.#active[site]!
      const limit = this.#retains[site] === 1 ? keep + dormant : keep
      if (active !== none && now - active >= limit) this.#active[site] = none
      if (this.#active[site] !== none) certificates++
      if (this.#item[site] === 0) old++
    }
    return { old, certificates }
  }
}
