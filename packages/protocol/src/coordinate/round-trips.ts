import type { Millis, PeerId } from '../event.ts'
import {
  type Coordinate,
  decodeCoordinate,
  encodeCoordinate,
  estimateMs,
  lengthOf,
  differenceOf,
} from './coordinate.ts'
import type { CoordinateOptions } from './options.ts'
import { Vivaldi } from './vivaldi.ts'

/** The key of the state under which a node says where it is on the map of round trips. */
export const coordinateKey = 'm:coordinate'

/**
 * Between two writes, for each owner of state: all nodes together write at most once in so many ms. A write a second costs
 * each of 100 nodes 700 bytes a second, most of it in digests (scripts/sim-state.ts).
 */
const writeMsPerOwner = 5000
/** Between two writes at least, in ms. */
const writeMsMin = 30_000
/**
 * The first write waits until what is said is worth something, above all where the next one is far off: for an error of at
 * most so much in small networks and in large ones, but for no more than so many samples.
 */
const first = { samplesMin: 10, samplesMax: 300, error: 0.1, errorIfSoon: 0.5 }
/** Samples over which the usual round trip is taken. */
const usualSamples = 20
/** A move counts from this on: a part of what we usually measure, and ms. One within our own error says nothing new. */
const move = { part: 0.1, ms: 1 }
/** Peers whose coordinates are kept as they told us. */
const toldMax = 1024

/** What is known of a round trip. */
export interface RoundTrip {
  /** By coordinates, in ms. */
  readonly estimateMs: number
  /** By how much the estimate may well be off, as a part of it: the error that the less sure of the two admits. */
  readonly error: number
}

/** Our place on the map of round trips, and what of it is told to all. */
export class RoundTrips {
  readonly #options: { readonly seed: number } & Partial<CoordinateOptions>
  #vivaldi: Vivaldi
  /** What peers told us themselves, fresher than what is in their maps; the one heard last comes last. */
  readonly #told = new Map<PeerId, Coordinate>()
  /** What round trips take, over the last few, in ms. */
  #usualMs = 0
  #written: Coordinate | undefined
  #writtenAt: Millis = -Infinity

  constructor(options: { readonly seed: number } & Partial<CoordinateOptions>) {
    this.#options = options
    this.#vivaldi = new Vivaldi(options)
  }

  /** Begins where an earlier life ended, by what it wrote; to be called before all else. */
  restore(value: Uint8Array): void {
    const from = decodeCoordinate(value)
    if (from !== undefined) this.#vivaldi = new Vivaldi({ ...this.#options, from })
  }

  /** Where we are. */
  get coordinate(): Coordinate {
    return this.#vivaldi.coordinate
  }

  /** Samples that counted. */
  get samples(): number {
    return this.#vivaldi.samples
  }

  /** Our coordinate as it goes with answers; at first the origin, or nobody could begin. */
  get place(): Uint8Array {
    return encodeCoordinate(this.#vivaldi.coordinate)
  }

  /**
   * A round trip was measured, in ms, and this is what the peer says of itself. Returns what is to be written under
   * {@link coordinateKey} in our own map, if it is time: rarely, and the more owners of state there are, the more rarely, so
   * that what arrives at each node stays the same.
   */
  measured(
    { peer, ms, place }: { readonly peer: PeerId; readonly ms: number; readonly place: Uint8Array | undefined },
    { now, owners }: { readonly now: Millis; readonly owners: number },
  ): Uint8Array | undefined {
    const there = place === undefined ? undefined : decodeCoordinate(place)
    if (there !== undefined) this.#tell(peer, there)
    if (!this.#vivaldi.take(peer, ms, there)) return undefined
    this.#usualMs += (ms - this.#usualMs) / Math.min(usualSamples, this.#vivaldi.samples)
    const pauseMs = Math.max(writeMsMin, owners * writeMsPerOwner)
    if (now < this.#writtenAt + pauseMs || !this.#isWorthSaying(pauseMs) || !this.#hasMoved) return undefined
    this.#written = this.#vivaldi.coordinate
    this.#writtenAt = now
    return encodeCoordinate(this.#written)
  }

  /** The shortest of the last round trips to a peer, in ms; undefined if none was measured. */
  measuredMs(peer: PeerId): number | undefined {
    return this.#vivaldi.measured(peer)
  }

  /** What a peer told us of itself last. */
  told(peer: PeerId): Coordinate | undefined {
    return this.#told.get(peer)
  }

  /** A peer has written where it is: newer than what it told us, if it did. */
  wrote(peer: PeerId, value: Uint8Array | undefined): void {
    const there = value === undefined ? undefined : decodeCoordinate(value)
    if (!this.#told.has(peer)) return
    if (there === undefined) this.#told.delete(peer)
    else this.#told.set(peer, there)
  }

  /** Nothing of this peer is remembered. */
  forget(peer: PeerId): void {
    this.#told.delete(peer)
    this.#vivaldi.forget(peer)
  }

  #tell(peer: PeerId, coordinate: Coordinate): void {
    this.#told.delete(peer)
    if (this.#told.size >= toldMax) this.#told.delete(this.#told.keys().next().value!)
    this.#told.set(peer, coordinate)
  }

  #isWorthSaying(pauseMs: Millis): boolean {
    const { samples, coordinate } = this.#vivaldi
    if (this.#written !== undefined || samples >= first.samplesMax) return true
    return (
      samples >= first.samplesMin && coordinate.error <= (pauseMs > 2 * writeMsMin ? first.error : first.errorIfSoon)
    )
  }

  get #hasMoved(): boolean {
    if (this.#written === undefined) return true
    const { vector, height, adjustment, error } = this.#vivaldi.coordinate
    const moved = lengthOf(differenceOf(vector, this.#written.vector))
    const rest = Math.abs(height - this.#written.height) + Math.abs(adjustment - this.#written.adjustment)
    return moved + rest > Math.max(move.ms, Math.max(move.part, error) * this.#usualMs)
  }
}

/** The round trip between two nodes that say where they are. */
export function roundTripOf(a: Coordinate, b: Coordinate): RoundTrip {
  return { estimateMs: estimateMs(a, b), error: Math.max(a.error, b.error) }
}
