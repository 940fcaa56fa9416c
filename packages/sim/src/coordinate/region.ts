import type { Rng } from '../rng.ts'

/**
 * Where nodes of a large network are, and how far it is between them: eight regions with the number of nodes in each, and the
 * latency one way in ms, from libp2p's gossipsub-interop (test-plans, gossipsub-interop/network_graph.py), after a crawl of
 * Ethereum. Rows and columns: Australia, Europe, East Asia, West Asia, the east and the west of North America, South Africa,
 * South America.
 */
const weights = [290, 5599, 1059, 161, 2894, 1240, 47, 36]
const oneWayMs: readonly (readonly number[])[] = [
  [2, 165, 110, 180, 150, 110, 220, 190],
  [165, 2, 125, 60, 70, 110, 95, 140],
  [110, 125, 4, 110, 140, 100, 175, 175],
  [180, 60, 110, 5, 110, 150, 110, 145],
  [150, 70, 140, 110, 2, 60, 130, 100],
  [110, 110, 100, 150, 60, 2, 160, 100],
  [220, 95, 175, 110, 130, 160, 7, 190],
  [190, 140, 175, 145, 100, 100, 195, 7],
]

/** A node of such a network: its region, and what its own access adds to every round trip, in ms. */
export interface Place {
  readonly region: number
  readonly accessMs: number
}

/** How much access adds at most: from a data centre to a home. A guess. */
const accessMsMax = 20

/** Draws a place; most accesses are fast. */
export function drawPlace(rng: Rng): Place {
  let at = rng.below(weights.reduce((sum, weight) => sum + weight, 0))
  const region = weights.findIndex((weight) => (at -= weight) < 0)
  return { region, accessMs: 0.5 + accessMsMax * rng.unit() ** 3 }
}

/** The round trip between two places, in ms. */
export function roundTripMs(a: Place, b: Place): number {
  return oneWayMs[a.region]![b.region]! + oneWayMs[b.region]![a.region]! + a.accessMs + b.accessMs
}
