import { type Coordinate, decodeCoordinate } from '../coordinate/coordinate.ts'
import { coordinateKey, type RoundTrip, roundTripOf, RoundTrips } from '../coordinate/round-trips.ts'
import type { Millis, PeerId } from '../event.ts'
import { entryOf, type OwnerState } from '../state/owner-state.ts'
import type { StateAction } from '../state/replica-event.ts'

/** What {@link Places} needs of the parts around it. */
export interface PlacesOptions {
  /** A random 32-bit word. */
  readonly seed: number
  /** What peers call us. */
  readonly self: PeerId
  /** What a peer says, as far as that is known. */
  readonly stateOf: (peer: PeerId) => OwnerState | undefined
  /** How many owners of state there are. */
  readonly owners: () => number
}

/** Where nodes are on the map of round trips: we by what exchanges took, others by what they say. */
export class Places {
  readonly #options: PlacesOptions
  readonly #trips: RoundTrips
  /** Peers with whom streams are open both ways: their first answer may have waited for one. */
  readonly #warm = new Set<PeerId>()
  #links: ReadonlySet<PeerId> = new Set()

  constructor(options: PlacesOptions) {
    this.#options = options
    this.#trips = new RoundTrips(options)
  }

  /** What peers call us. */
  get self(): PeerId {
    return this.#options.self
  }

  /** Our place, for those that open exchanges with us. */
  get place(): Uint8Array {
    return this.#trips.place
  }

  /** The round trips that our own place is from. */
  get samples(): number {
    return this.#trips.samples
  }

  /** Begins where our last life ended, by what it said. */
  restore(last: OwnerState): void {
    const value = entryOf(last, coordinateKey)?.value
    if (value !== undefined) this.#trips.restore(value)
  }

  links(peers: readonly PeerId[]): void {
    this.#links = new Set(peers)
    for (const peer of this.#warm) if (!this.#links.has(peer)) this.#warm.delete(peer)
  }

  /** An exchange ended. Returns what is to be written under {@link coordinateKey}, if it is time for that. */
  exchanged({ peer, roundTripMs, place }: StateAction & { type: 'exchanged' }, now: Millis): Uint8Array | undefined {
    if (place === undefined || peer === this.#options.self || !this.#links.has(peer)) return undefined
    const isWarm = this.#warm.has(peer)
    this.#warm.add(peer)
    if (!isWarm || roundTripMs === undefined) return undefined
    return this.#trips.measured({ peer, ms: roundTripMs, place }, { now, owners: this.#options.owners() })
  }

  /** An owner says something new. */
  changed({ peer, changes }: StateAction & { type: 'changed' }): void {
    for (const { key, value } of changes) if (key === coordinateKey) this.#trips.wrote(peer, value)
  }

  forget(peer: PeerId): void {
    this.#trips.forget(peer)
  }

  /** The round trip between two; undefined if one of them does not say where it is. */
  estimate(a: PeerId, b: PeerId): RoundTrip | undefined {
    const [here, there] = [this.#placeOf(a), this.#placeOf(b)]
    return here === undefined || there === undefined || a === b ? undefined : roundTripOf(here, there)
  }

  /** The shortest of the last round trips of exchanges with a peer, in ms; undefined if none was measured. */
  measuredMs(peer: PeerId): number | undefined {
    return this.#trips.measuredMs(peer)
  }

  #placeOf(peer: PeerId): Coordinate | undefined {
    if (peer === this.#options.self) return this.#trips.samples === 0 ? undefined : this.#trips.coordinate
    return this.#trips.told(peer) ?? this.#written(peer)
  }

  #written(peer: PeerId): Coordinate | undefined {
    const value = entryOf(this.#options.stateOf(peer), coordinateKey)?.value
    return value === undefined ? undefined : decodeCoordinate(value)
  }
}
