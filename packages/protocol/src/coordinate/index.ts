/**
 * A map on which the distance of two nodes is their round trip (docs/state.md): from what each measures with others, so that
 * anybody can estimate a round trip between any two without contact. Pure.
 *
 * @example
 * ```ts
 * const vivaldi = new Vivaldi({ seed: 7 })
 * vivaldi.take(peer, 23.4, decodeCoordinate(bytes))
 * estimateMs(vivaldi.coordinate, other)
 * ```
 */
export {
  type Coordinate,
  coordinateDimensions,
  coordinateMsMax,
  coordinateSize,
  decodeCoordinate,
  distanceMs,
  encodeCoordinate,
  errorMax,
  estimateMs,
  isSane,
  originCoordinate,
} from './coordinate.ts'
export { type CoordinateOptions, coordinateOptions } from './options.ts'
export { coordinateKey, type RoundTrip, roundTripOf, RoundTrips } from './round-trips.ts'
export { Vivaldi } from './vivaldi.ts'
