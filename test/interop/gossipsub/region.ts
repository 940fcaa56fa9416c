/** One-way delays in ms between and within the regions of gossipsub-interop (its network_graph.py), in this order. */
export const regions = [
  'australia',
  'europe',
  'east_asia',
  'west_asia',
  'na_east',
  'na_west',
  'south_africa',
  'south_america',
] as const

const delaysMs: readonly (readonly number[])[] = [
  [2, 165, 110, 180, 150, 110, 220, 190],
  [165, 2, 125, 60, 70, 110, 95, 140],
  [110, 125, 4, 110, 140, 100, 175, 175],
  [180, 60, 110, 5, 110, 150, 110, 145],
  [150, 70, 140, 110, 2, 60, 130, 100],
  [110, 110, 100, 150, 60, 2, 160, 100],
  [220, 95, 175, 110, 130, 160, 7, 190],
  [190, 140, 175, 145, 100, 100, 195, 7],
]

/** One way, from one region to another. */
export const delayMs = (from: number, to: number): number => delaysMs[from]![to]!

/** The shortest way from one region to another over any others: nothing that is passed on can be faster. */
export function shortestMs(from: number, to: number): number {
  const shortest = regions.map((_, region) => (region === from ? 0 : delayMs(from, region)))
  for (const _ of regions) {
    for (const via of regions.keys()) {
      for (const region of regions.keys()) {
        shortest[region] = Math.min(shortest[region]!, shortest[via]! + delayMs(via, region))
      }
    }
  }
  return shortest[to]!
}
