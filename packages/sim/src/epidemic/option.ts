/** Who tells whom in a conversation: who began it the other, the other who began it, or each the other. */
export type Mode = 'push' | 'pull' | 'push-pull'

/** When a site loses interest in a rumor. Demers et al. 1987, §1.4. */
export interface RumorOptions {
  /** How long interest lasts: useless calls in a row (`counter`), or the inverse of the chance to stop (`coin`). 1 to 255. */
  readonly k: number
  readonly stop: 'counter' | 'coin'
  /** `feedback`: only calls that were useless count. `blind`: every call does. */
  readonly count: 'feedback' | 'blind'
  /**
   * What a call is judged by: what the other knew at the `start` of the cycle, or what it knows `now`, with those that
   * were told earlier in the cycle. The paper's Table 1 comes out with `start` only.
   */
  readonly judged: 'start' | 'now'
  /** Whether a useful call sets the counter back to 0. The paper's Table 1 comes out with that only. */
  readonly resets: boolean
}

/** Where sites are, and how much they prefer near ones. Demers et al. 1987, §3.1. */
export interface SpaceOptions {
  /** `ring`: each between two others. `grid`: in a square that is closed on all sides; the number of sites is a square. */
  readonly shape: 'ring' | 'grid'
  /** The a of their eq. 3.1.1: a site is chosen with the chance Q^−a, where Q sites are as near or nearer. 0 to 10. */
  readonly exponent: number
}

/** An epidemic of one update, in cycles. */
export interface EpidemicOptions {
  /** Sites, the one that begins included. 2 to {@link nodesMax}. */
  readonly nodes: number
  readonly mode: Mode
  /** Absent: anti-entropy. Every site begins a conversation in every cycle, for ever. */
  readonly rumor?: RumorOptions | undefined
  /** Absent: any other site is as likely a partner. */
  readonly space?: SpaceOptions | undefined
  /** The chance that an update is lost on its way. 0 to 1. */
  readonly loss: number
  /** The part of the sites that is down from the first cycle on, for good. 0 up to 1. */
  readonly failed: number
  /** The chance that a site goes down, in each cycle. It keeps what it knows. 0 to 1. */
  readonly leave: number
  /** The chance that a site that went down is back, in each cycle; with 0 it is gone for good. 0 to 1. */
  readonly join: number
  /** Conversations that a site lets others begin with it in a cycle. 1 to 255; 0: any number. */
  readonly connectionsMax: number
  /** How often a site that was refused, or found its partner down, tries another in the same cycle. 0 to 255. */
  readonly huntsMax: number
  /** The end, where nothing else ends it. */
  readonly cyclesMax: number
}

/** Most sites of an epidemic. Raising it costs memory, 6 bytes a site, and evenness of the draws. */
export const nodesMax: number = 2 ** 26

/** Push among a thousand sites that never fail; a push epidemic of this kind informs all after about log2 n + ln n cycles. */
export const epidemicDefaults: EpidemicOptions = Object.freeze({
  nodes: 1000,
  mode: 'push',
  loss: 0,
  failed: 0,
  leave: 0,
  join: 0,
  connectionsMax: 0,
  huntsMax: 0,
  cyclesMax: 100_000,
})

/** The mix of the paper's Table 1, in the reading that gives its figures. */
export const rumorDefaults: RumorOptions = Object.freeze({
  k: 1,
  stop: 'counter',
  count: 'feedback',
  judged: 'start',
  resets: true,
})

/** Throws a RangeError that names the first option that is out of its range. */
export function checkEpidemic(options: EpidemicOptions): void {
  const { rumor, space } = options
  checkWhole('nodes', options.nodes, 2, nodesMax)
  for (const name of ['loss', 'failed', 'leave', 'join'] as const) checkPart(name, options[name])
  checkWhole('connectionsMax', options.connectionsMax, 0, 255)
  checkWhole('huntsMax', options.huntsMax, 0, 255)
  checkWhole('cyclesMax', options.cyclesMax, 1, 2 ** 31)
  if (rumor !== undefined) checkWhole('k', rumor.k, 1, 255)
  if (space === undefined) return
  if (!(space.exponent >= 0 && space.exponent <= 10)) throw new RangeError(`exponent is ${space.exponent}, not 0 to 10`)
  if (space.shape === 'grid' && !Number.isInteger(Math.sqrt(options.nodes)))
    throw new RangeError(`a grid takes a square number of nodes, not ${options.nodes}`)
}

/** Throws a RangeError unless the value is a whole number of the range. */
export function checkWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`${name} is ${value}, not a whole number from ${min} to ${max}`)
}

/** Throws a RangeError unless the value is from 0 to 1. */
export function checkPart(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is ${value}, not 0 to 1`)
}
