import { randomFrom } from '../catchup/random.ts'
import type { PeerId } from '../event.ts'
import {
  type Coordinate,
  coordinateMsMax,
  differenceOf,
  distanceMs,
  errorMax,
  isSane,
  lengthOf,
  originCoordinate,
} from './coordinate.ts'
import { LatencyFilter } from './latency-filter.ts'
import { type CoordinateOptions, coordinateOptions } from './options.ts'

/** Round trips that are taken, in ms. */
const roundTrip = { min: 0.001, max: 10_000 }
/** What one sample is off by counts in full up to this, in ms, however well all others fit. */
const clipMsMin = 1

/**
 * Finds where we are on the map of round trips, from measured ones and the coordinates of those at the other end: Dabek, Cox,
 * Kaashoek, Morris, *Vivaldi* (SIGCOMM 2004), with heights (§5.4); the filter and the gravity of Ledlie, Gardner, Seltzer,
 * *Network Coordinates in the Wild* (NSDI 2007); an adjustment, as in Serf. What is ours is that no sample moves us further than
 * a typical one may, so that few who lie move nobody far. Pure: one seed and the same samples give the same coordinate.
 */
export class Vivaldi {
  readonly #options: CoordinateOptions
  readonly #random: () => number
  readonly #filter: LatencyFilter
  #coordinate: Coordinate
  /** By how much the last samples were off, in ms, in the order in which they came. */
  #faults: number[] = []
  #adjustments: number[] = []
  #samples = 0

  /** `seed`: 32 bits. `from`: where an earlier life ended, if that is known; one that is not sane counts for nothing. */
  constructor({ seed, from, ...options }: { seed: number; from?: Coordinate } & Partial<CoordinateOptions>) {
    this.#options = { ...coordinateOptions, ...options }
    this.#random = randomFrom(seed)
    this.#filter = new LatencyFilter(this.#options.filterSamples, this.#options.peersMax)
    const known = from !== undefined && isSane(from) ? from : originCoordinate
    // The network may have changed meanwhile.
    this.#coordinate = { ...known, height: Math.max(known.height, this.#options.heightMinMs), error: errorMax }
  }

  /** Where we are. */
  get coordinate(): Coordinate {
    return this.#coordinate
  }

  /** Samples that counted. */
  get samples(): number {
    return this.#samples
  }

  /** The shortest of the last round trips measured to a peer, in ms. */
  measured(peer: PeerId): number | undefined {
    return this.#filter.least(peer)
  }

  /** Nothing of this peer is remembered. */
  forget(peer: PeerId): void {
    this.#filter.forget(peer)
  }

  /**
   * A round trip to a peer was measured, in ms; `there` is what the peer says of itself. Total: a time out of range counts for
   * nothing, and a coordinate that is not sane moves nothing. True if we may have moved.
   */
  take(peer: PeerId, ms: number, there: Coordinate | undefined): boolean {
    if (!(ms >= 0 && ms <= roundTrip.max)) return false
    const shortest = this.#filter.take(peer, Math.max(ms, roundTrip.min))
    if (there === undefined || !isSane(there)) return false
    const here = this.#coordinate
    const { positionGain, errorGain, errorMin } = this.#options
    const off = this.#clip(shortest - distanceMs(here, there), shortest)
    // Who is sure moves little, and who is not believes those who are.
    const weight = here.error / (here.error + Math.max(there.error, errorMin))
    const share = errorGain * weight
    const error = Math.min(errorMax, (Math.abs(off) / shortest) * share + here.error * (1 - share))
    this.#move(there, positionGain * weight * off)
    this.#coordinate = { ...this.#coordinate, error: Math.max(errorMin, error) }
    this.#adjust(there, shortest)
    this.#fall()
    this.#samples++
    return true
  }

  /** No sample is off by more than its own round trip, or than a few times what samples are usually off by. */
  #clip(fault: number, ms: number): number {
    const { clipSamples, clipFactor } = this.#options
    const off = Math.max(-ms, fault)
    const typical = middleOf(this.#faults)
    this.#faults = [...this.#faults, Math.abs(off)].slice(-clipSamples)
    // The first ones have nothing to be compared with.
    if (typical === undefined || this.#faults.length < Math.min(8, clipSamples)) return off
    const most = Math.max(clipMsMin, clipFactor * typical)
    return Math.max(-most, Math.min(most, off))
  }

  /** Pushes us away from there by so many ms, or pulls us: along the vector and the heights (Vivaldi §5.4). */
  #move(there: Coordinate, force: number): void {
    const { vector, height } = this.#coordinate
    const difference = differenceOf(vector, there.vector)
    const length = lengthOf(difference)
    const heights = height + there.height
    if (length < roundTrip.min) {
      // In one place there is no direction: chance gives one.
      const direction = vector.map(() => this.#random() - 0.5)
      const unit = force / Math.max(lengthOf(direction), roundTrip.min)
      return this.#place(direction, unit, height)
    }
    const unit = force / (length + heights)
    this.#place(difference, unit, height + heights * unit)
  }

  #place(direction: readonly number[], factor: number, height: number): void {
    const bounded = (value: number): number => Math.max(-coordinateMsMax, Math.min(coordinateMsMax, value))
    this.#coordinate = {
      ...this.#coordinate,
      vector: this.#coordinate.vector.map((value, at) => bounded(value + direction[at]! * factor)),
      height: Math.max(this.#options.heightMinMs, Math.min(coordinateMsMax, height)),
    }
  }

  /** What positions cannot say, such as detours, is the median by which they were off; each side takes half. */
  #adjust(there: Coordinate, ms: number): void {
    const off = ms - distanceMs(this.#coordinate, there)
    this.#adjustments = [...this.#adjustments, off].slice(-this.#options.adjustmentSamples)
    // Serf takes the mean, which one pause of a busy machine or one liar spoils: with it estimates were worse than without.
    const middle = middleOf(this.#adjustments)!
    this.#coordinate = { ...this.#coordinate, adjustment: Math.max(-coordinateMsMax, middle / 2) }
  }

  /** A weak pull to the origin keeps the whole map from drifting away. */
  #fall(): void {
    const { vector, height } = this.#coordinate
    const length = lengthOf(vector)
    if (length < roundTrip.min) return
    const force = Math.min(length, (length / this.#options.gravityMs) ** 2)
    this.#place(vector, -force / length, height)
  }
}

/** The upper of the two in the middle; undefined of none. */
const middleOf = (values: readonly number[]): number | undefined =>
  new Float64Array(values).toSorted()[values.length >> 1]
