import { readNumber, writeNumber } from '../state/number.ts'

/** Dimensions of the space. Ledlie et al. (NSDI 2007, §6) and Serf take four; more gain nothing in scripts/sim-rtt.ts. */
export const coordinateDimensions = 4

/** Where a node is on the map of round trips. */
export interface Coordinate {
  /** In ms of round trip, {@link coordinateDimensions} numbers of −10,000 to 10,000. */
  readonly vector: readonly number[]
  /** What its own access costs each round trip, in ms, 0 to 10,000. */
  readonly height: number
  /** How far estimates were off lately, in ms, −10,000 to 10,000: half of it is for each side. */
  readonly adjustment: number
  /** How wrong it believes its estimates to be, as a part of the truth: above 0, at most {@link errorMax}. */
  readonly error: number
}

/** The error of a node that has measured nothing. */
export const errorMax = 1.5
/** No number of a coordinate is further from 0 than this, in ms. */
export const coordinateMsMax = 10_000
/** Bytes of an encoded coordinate. */
export const coordinateSize: number = 4 * coordinateDimensions + 4 + 4 + 2

/** The coordinate of who has measured nothing. */
export const originCoordinate: Coordinate = Object.freeze({
  vector: Object.freeze(Array.from({ length: coordinateDimensions }, () => 0)),
  height: 0,
  adjustment: 0,
  error: errorMax,
})

/** The round trip between two nodes by their coordinates, in ms, at least 0. */
export function estimateMs(a: Coordinate, b: Coordinate): number {
  const plain = distanceMs(a, b)
  const adjusted = plain + a.adjustment + b.adjustment
  // An adjustment that is larger than the distance is worth nothing, as in Serf.
  return adjusted > 0 ? adjusted : plain
}

/** The same without adjustments: what positions and heights alone say. */
export function distanceMs(a: Coordinate, b: Coordinate): number {
  return lengthOf(differenceOf(a.vector, b.vector)) + a.height + b.height
}

/** `a − b`, by components. */
export function differenceOf(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => value - b[at]!)
}

/** The Euclidean length. */
export function lengthOf(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
}

/** Whether a coordinate keeps to its bounds. NaN does not. */
export function isSane({ vector, height, adjustment, error }: Coordinate): boolean {
  return (
    vector.length === coordinateDimensions &&
    vector.every((value) => Math.abs(value) <= coordinateMsMax) &&
    height >= 0 &&
    height <= coordinateMsMax &&
    Math.abs(adjustment) <= coordinateMsMax &&
    error > 0 &&
    error <= errorMax
  )
}

/** Bits that make numbers positive, so that they are written as unsigned ones. */
const bias = 2 ** 31
const errorScale = 10_000

/** The coordinate in µs and its error in ten-thousandths, big-endian: docs/protocol.md §17. The caller gives a sane one. */
export function encodeCoordinate({ vector, height, adjustment, error }: Coordinate): Uint8Array {
  const bytes = new Uint8Array(coordinateSize)
  for (const [at, ms] of [...vector, height, adjustment].entries()) {
    writeNumber(bytes, 4 * at, 4, Math.round(ms * 1000) + bias)
  }
  writeNumber(bytes, coordinateSize - 2, 2, Math.max(1, Math.round(error * errorScale)))
  return bytes
}

/** Reads what a peer says. Never throws; undefined for another size, and for numbers beyond their bounds. */
export function decodeCoordinate(bytes: Uint8Array): Coordinate | undefined {
  if (bytes.length !== coordinateSize) return undefined
  const numberAt = (at: number): number => (readNumber(bytes, 4 * at, 4) - bias) / 1000
  const coordinate = {
    vector: Array.from({ length: coordinateDimensions }, (_, at) => numberAt(at)),
    height: numberAt(coordinateDimensions),
    adjustment: numberAt(coordinateDimensions + 1),
    error: readNumber(bytes, coordinateSize - 2, 2) / errorScale,
  }
  return isSane(coordinate) ? coordinate : undefined
}
