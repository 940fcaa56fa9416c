/** How samples move a coordinate. */
export interface CoordinateOptions {
  /**
   * How much of what a sample is off by counts at most for the position, 0 to 1. Default 0.35: half as fast again as Vivaldi's
   * 0.25 (§3.3), which `clipFactor` makes safe.
   */
  readonly positionGain: number
  /** How much it counts at most for the error, 0 to 1. Default 0.25: Vivaldi, and Serf. */
  readonly errorGain: number
  /** Samples that the adjustment is from. Default 20, as in Serf (Lee et al., Transactions on Networking 18, 2010). */
  readonly adjustmentSamples: number
  /**
   * Round trips of one peer of which the shortest counts. Default 4: Ledlie et al. (NSDI 2007, §4.2). What is added to a
   * round trip, by a busy machine or a queue, is no distance.
   */
  readonly filterSamples: number
  /** Peers whose round trips are remembered; the one not heard for longest goes. Default 1,024: 64 KiB. */
  readonly peersMax: number
  /** Samples whose typical fault bounds what one can do. Default 31. A guess. */
  readonly clipSamples: number
  /** A sample that is off by more than so many typical faults counts as if by so many. Default 1.5, by scripts/sim-rtt.ts: less hurts nothing but slows nodes down at the start. */
  readonly clipFactor: number
  /** All are drawn to the origin by `(distance / gravityMs)²` ms a sample. Default 500: Ledlie et al. take 256 for a wider net. */
  readonly gravityMs: number
  /** No height is less, in ms. Default 0.01. */
  readonly heightMinMs: number
  /** The least error that is believed of anybody, ourselves included. Default 0.02. A guess. */
  readonly errorMin: number
}

/** The defaults of {@link CoordinateOptions}. */
export const coordinateOptions: CoordinateOptions = Object.freeze({
  positionGain: 0.35,
  errorGain: 0.25,
  adjustmentSamples: 20,
  filterSamples: 4,
  peersMax: 1024,
  clipSamples: 31,
  clipFactor: 1.5,
  gravityMs: 500,
  heightMinMs: 0.01,
  errorMin: 0.02,
})
