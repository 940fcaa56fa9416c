import {
  type Coordinate,
  type CoordinateOptions,
  decodeCoordinate,
  encodeCoordinate,
  estimateMs,
  originCoordinate,
  RoundTrips,
} from '@grapevine/protocol/coordinate'
import { Rng } from '../rng.ts'
import { quantile } from '../state/state-world.ts'
import { drawPlace, type Place, roundTripMs } from './region.ts'

/** Options of {@link measureCoordinates}. */
export interface CoordinateRun {
  readonly nodes: number
  readonly seed: number
  /** After how many rounds to look, ascending. In a round each node measures one round trip, with a node drawn at random. */
  readonly rounds: readonly number[]
  /** Part of the nodes that say any coordinate, sure of it, and let a second pass before they answer. Default 0. */
  readonly liars?: number
  readonly options?: Partial<CoordinateOptions>
}

/** How wrong estimates between honest nodes are, as parts of the true round trips. */
export interface CoordinateErrors {
  readonly rounds: number
  readonly median: number
  readonly p90: number
  /** The same with what nodes have written into their maps, of pairs of which both have. NaN: none. */
  readonly writtenMedian: number
  readonly writtenP90: number
  /** How often a node has written, on average. */
  readonly writes: number
}

/** Pairs that are looked at. */
const pairsMax = 20_000
/** Up to so much of a round trip is added by queues, and to one in fifty a pause of a busy machine, in ms. */
const jitter = 0.1
const stall = { chance: 0.02, msMax: 200 }
/** What a liar waits before it answers. */
const lieMs = 1000

interface Node extends Place {
  readonly name: string
  readonly trips: RoundTrips
  readonly isLiar: boolean
  written: Coordinate | undefined
  writes: number
}

/** Nodes in eight regions find their coordinates, and the estimates are compared with the true round trips. */
export function measureCoordinates({ nodes, seed, rounds, liars = 0, options }: CoordinateRun): CoordinateErrors[] {
  const rng = new Rng(seed)
  const all = Array.from({ length: nodes }, (_, index): Node => {
    const trips = new RoundTrips({ seed: rng.next(), ...options })
    return { ...drawPlace(rng), name: `n${index}`, trips, isLiar: index < liars * nodes, written: undefined, writes: 0 }
  })
  const honest = all.filter(({ isLiar }) => !isLiar)
  const found: CoordinateErrors[] = []
  for (let round = 1; round <= rounds.at(-1)!; round++) {
    for (const node of all) sample(node, all, { now: round * 1000, rng })
    if (!rounds.includes(round)) continue
    const writes = honest.reduce((sum, node) => sum + node.writes, 0) / honest.length
    found.push({ rounds: round, ...errorsOf(honest, rng.fork('pairs')), writes })
  }
  return found
}

function sample(node: Node, all: readonly Node[], { now, rng }: { readonly now: number; readonly rng: Rng }): void {
  const other = rng.pick(all)
  if (other === node) return
  const pause = rng.chance(stall.chance) ? rng.unit() * stall.msMax : 0
  const ms = roundTripMs(node, other) * (1 + rng.unit() * jitter) + pause + (other.isLiar ? lieMs : 0)
  const place = other.isLiar ? lie(rng) : other.trips.place
  const value = node.trips.measured({ peer: other.name, ms, place }, { now, owners: all.length })
  if (value === undefined) return
  node.written = decodeCoordinate(value)!
  node.writes++
}

/** Anywhere, and sure of it. */
function lie(rng: Rng): Uint8Array {
  const vector = originCoordinate.vector.map(() => rng.unit() * 20_000 - 10_000)
  return encodeCoordinate({ vector, height: 0, adjustment: 0, error: 0.0001 })
}

function errorsOf(nodes: readonly Node[], rng: Rng): Omit<CoordinateErrors, 'rounds' | 'writes'> {
  const isAll = (nodes.length * (nodes.length - 1)) / 2 <= pairsMax
  const pairs = isAll
    ? nodes.flatMap((a, at) => nodes.slice(at + 1).map((b) => [a, b] as const))
    : Array.from({ length: pairsMax }, () => [rng.pick(nodes), rng.pick(nodes)] as const)
  const faults: number[] = []
  const written: number[] = []
  for (const [a, b] of pairs) {
    if (a === b) continue
    const truth = roundTripMs(a, b)
    const faultOf = (one: Coordinate, other: Coordinate): number => Math.abs(estimateMs(one, other) - truth) / truth
    faults.push(faultOf(a.trips.coordinate, b.trips.coordinate))
    if (a.written !== undefined && b.written !== undefined) written.push(faultOf(a.written, b.written))
  }
  return {
    median: quantile(faults, 0.5),
    p90: quantile(faults, 0.9),
    writtenMedian: quantile(written, 0.5),
    writtenP90: quantile(written, 0.9),
  }
}
