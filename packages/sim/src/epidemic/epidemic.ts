import { Draws } from '../draws.ts'
import type { Rng } from '../rng.ts'
import { checkEpidemic, type EpidemicOptions } from './option.ts'
import { anyPartner, nearPartner, type Partners } from './partner.ts'
import { PushEpidemic } from './push-run.ts'

/** How one epidemic went. */
export interface EpidemicRun {
  /** Cycles until it was over. */
  readonly cycles: number
  /** Sites that never got the update, of those that were not gone for good. */
  readonly missed: number
  /** Sites that are not gone for good. */
  readonly present: number
  /** Conversations that somebody tried to begin; without a limit on connections, only those that could matter. */
  readonly calls: number
  /** Times that the update was sent: in anti-entropy, to sites that lacked it when the cycle began. */
  readonly sent: number
  /** The mean cycle in which a site got it, over all that did: the first has 0. */
  readonly meanDelay: number
  /** The cycle in which the last site got it. */
  readonly lastDelay: number
  /** Sites that have it after each cycle, before the first cycle on. */
  readonly curve: readonly number[]
  /** Links that conversations went over, of all; the calls, where there is no space. */
  readonly links: number
}

/** What a site knows. One that got the update in this cycle passes it on from the next one. */
const knows = { nothing: 0, fresh: 1, hot: 2, cold: 3 } as const
/** What happened to a hot site in this cycle. */
const seen = { useless: 1, useful: 2, lost: 4 } as const
/** Whether a site can be reached. */
const presence = { up: 0, away: 1, gone: 2 } as const

/**
 * One update among many sites, in cycles that all begin at once: anti-entropy and rumor mongering of Demers et al. 1987.
 * Site 0 has it first and does not fail before it begins. On typed arrays: 5 bytes a site, 7 for
 * rumors; 1 more if sites fail, 5 more with a limit on connections.
 */
export class Epidemic {
  readonly #options: EpidemicOptions
  /** Does it all in the plain case. */
  readonly #push: PushEpidemic | undefined
  readonly #partners: Partners
  readonly #state: Uint8Array
  /** Hot sites, then those that turned hot in this cycle. */
  readonly #hot: Uint32Array
  readonly #seen: Uint8Array
  readonly #counter: Uint8Array
  readonly #presence: Uint8Array | undefined
  readonly #incoming: Uint8Array | undefined
  readonly #order: Uint32Array | undefined
  #draws!: Draws
  #hotCount = 0
  #knowing = 0
  #present = 0
  #knowingGone = 0
  #cycle = 0
  #calls = 0
  #sent = 0
  #links = 0
  #delays = 0
  #lastDelay = 0

  /** Throws a RangeError for options out of range. */
  constructor(options: EpidemicOptions) {
    checkEpidemic(options)
    this.#options = options
    if (isPlainPush(options)) this.#push = new PushEpidemic(options.nodes)
    const nodes = this.#push === undefined ? options.nodes : 0
    const { space, rumor } = options
    this.#partners = space === undefined ? anyPartner(options.nodes) : nearPartner(nodes, space)
    this.#state = new Uint8Array(nodes)
    this.#hot = new Uint32Array(nodes)
    this.#seen = new Uint8Array(rumor === undefined ? 0 : nodes)
    this.#counter = new Uint8Array(rumor === undefined ? 0 : nodes)
    if (options.failed > 0 || options.leave > 0) this.#presence = new Uint8Array(nodes)
    if (options.connectionsMax > 0) {
      this.#incoming = new Uint8Array(nodes)
      this.#order = new Uint32Array(nodes)
    }
  }

  /** Memory of all arrays, in bytes. */
  get bytes(): number {
    const arrays = [this.#state, this.#hot, this.#seen, this.#counter, this.#presence, this.#incoming, this.#order]
    return arrays.reduce(
      (sum, array) => sum + (array?.byteLength ?? 0),
      this.#partners.bytes + (this.#push?.bytes ?? 0),
    )
  }

  /** One epidemic; the generator must not be used elsewhere. */
  run(rng: Rng): EpidemicRun {
    if (this.#push !== undefined) return this.#push.run(rng, this.#options.cyclesMax)
    this.#begin(rng)
    const curve = [1]
    while (!this.#isOver() && this.#cycle < this.#options.cyclesMax) {
      this.#cycle++
      this.#turnover()
      const before = this.#hotCount
      this.#callAll(before)
      this.#endCycle(before)
      curve.push(this.#knowing)
    }
    return {
      cycles: this.#cycle,
      missed: this.#present - (this.#knowing - this.#knowingGone),
      present: this.#present,
      calls: this.#calls,
      sent: this.#sent,
      meanDelay: this.#delays / this.#knowing,
      lastDelay: this.#lastDelay,
      curve,
      links: this.#links,
    }
  }

  #begin(rng: Rng): void {
    const { nodes, failed } = this.#options
    this.#draws = new Draws(rng)
    for (const array of [this.#state, this.#seen, this.#counter, this.#presence]) array?.fill(0)
    this.#present = nodes
    this.#knowingGone = this.#cycle = this.#calls = this.#sent = this.#links = this.#delays = this.#lastDelay = 0
    this.#state[0] = knows.hot
    this.#hot[0] = 0
    this.#hotCount = this.#knowing = 1
    if (this.#presence === undefined) return
    for (let site = 1; site < nodes; site++) {
      if (!this.#draws.chance(failed)) continue
      this.#presence[site] = presence.gone
      this.#present--
    }
  }

  /** A rumor is over when nobody is hot, anti-entropy when everybody knows who is not gone. */
  #isOver(): boolean {
    if (this.#options.rumor !== undefined) return this.#hotCount === 0
    return this.#knowing - this.#knowingGone >= this.#present
  }

  /** Sites leave and come back. */
  #turnover(): void {
    const { leave, join, nodes } = this.#options
    const sites = this.#presence
    if (sites === undefined || leave === 0) return
    for (let site = 0; site < nodes; site++) {
      if (sites[site] === presence.up && this.#draws.chance(leave)) {
        sites[site] = join > 0 ? presence.away : presence.gone
        if (join > 0) continue
        this.#present--
        if (this.#state[site] !== knows.nothing) this.#knowingGone++
      } else if (sites[site] === presence.away && this.#draws.chance(join)) sites[site] = presence.up
    }
    if (join === 0) this.#hotCount = this.#keepHot(this.#hotCount, (site) => sites[site] !== presence.gone)
  }

  #callAll(count: number): void {
    const { mode, rumor, nodes } = this.#options
    this.#incoming?.fill(0)
    // Whoever knows nothing has nothing to push; but without rumors it cannot know that, and takes a connection.
    if (mode === 'push' && (rumor !== undefined || this.#incoming === undefined)) {
      if (this.#order === undefined) for (let index = 0; index < count; index++) this.#call(this.#hot[index]!)
      else this.#callInTurn(this.#hot, count)
    } else if (this.#order === undefined) {
      const skipsKnowing = mode === 'pull' && rumor === undefined
      for (let site = 0; site < nodes; site++) {
        if (!skipsKnowing || this.#state[site]! < knows.hot) this.#call(site)
      }
    } else this.#callInTurn(undefined, nodes)
  }

  /** In random order, or the same sites would always get the few connections. */
  #callInTurn(sites: Uint32Array | undefined, count: number): void {
    const order = this.#order!
    for (let index = 0; index < count; index++) order[index] = sites === undefined ? index : sites[index]!
    this.#draws.shuffle(order, count)
    for (let index = 0; index < count; index++) this.#call(order[index]!)
  }

  #call(site: number): void {
    const { huntsMax, connectionsMax } = this.#options
    if (this.#presence !== undefined && this.#presence[site] !== presence.up) return
    for (let hunt = 0; hunt <= huntsMax; hunt++) {
      const partner = this.#partners.pick(this.#draws, site)
      this.#calls++
      if (this.#presence !== undefined && this.#presence[partner] !== presence.up) continue
      if (this.#incoming !== undefined && this.#incoming[partner]! >= connectionsMax) continue
      if (this.#incoming !== undefined) this.#incoming[partner]!++
      this.#links += this.#partners.distance(site, partner)
      const { mode } = this.#options
      // Both as they were when they met, so that what one gives the other does not come back at once.
      const [mine, theirs] = [this.#state[site]!, this.#state[partner]!]
      if (mode !== 'pull' && mine === knows.hot) this.#send(site, partner)
      if (mode !== 'push' && theirs === knows.hot) this.#send(partner, site)
      return
    }
  }

  #send(from: number, to: number): void {
    const { rumor, loss } = this.#options
    const known = this.#state[to]!
    const wasLacking = known < knows.hot
    if (rumor === undefined && !wasLacking) return
    this.#sent++
    if (this.#draws.chance(loss)) {
      if (rumor !== undefined) this.#seen[from]! |= seen.lost
      return
    }
    if (known === knows.nothing) this.#inform(to)
    if (rumor === undefined) return
    const isUseful = rumor.judged === 'start' ? wasLacking : known === knows.nothing
    this.#seen[from]! |= isUseful ? seen.useful : seen.useless
  }

  #inform(site: number): void {
    this.#state[site] = knows.fresh
    this.#hot[this.#hotCount++] = site
    this.#knowing++
    this.#delays += this.#cycle
    this.#lastDelay = this.#cycle
  }

  /** Fresh sites turn hot; hot ones may turn cold. */
  #endCycle(before: number): void {
    const [state, hot] = [this.#state, this.#hot]
    for (let index = before; index < this.#hotCount; index++) state[hot[index]!] = knows.hot
    if (this.#options.rumor === undefined) return
    this.#hotCount = this.#keepHot(this.#hotCount, (site) => {
      const what = this.#seen[site]!
      this.#seen[site] = 0
      if (what === 0 || this.#staysHot(site, what)) return true
      state[site] = knows.cold
      return false
    })
  }

  /** Whether a site that had calls in this cycle stays interested. All calls of a cycle count as one: Table 3's footnote. */
  #staysHot(site: number, what: number): boolean {
    const { k, stop, count, resets } = this.#options.rumor!
    if (count === 'feedback' && (what & seen.useful) !== 0) {
      if (resets) this.#counter[site] = 0
      return true
    }
    // Of what was lost no answer came, neither a good nor a bad one.
    if (count === 'feedback' && (what & seen.useless) === 0) return true
    if (stop === 'coin') return !this.#draws.chance(1 / k)
    return ++this.#counter[site]! < k
  }

  /** Keeps the hot sites for which `stays` says so, in their order; how many there are. */
  #keepHot(count: number, stays: (site: number) => boolean): number {
    const hot = this.#hot
    let kept = 0
    for (let index = 0; index < count; index++) if (stays(hot[index]!)) hot[kept++] = hot[index]!
    return kept
  }
}

/** Anti-entropy by push in which nothing goes wrong. */
function isPlainPush(options: EpidemicOptions): boolean {
  const { mode, rumor, space, loss, failed, leave, connectionsMax, huntsMax } = options
  const isPlain = mode === 'push' && rumor === undefined && space === undefined
  return isPlain && loss + failed + leave + connectionsMax + huntsMax === 0
}
