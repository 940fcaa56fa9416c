import { Epidemic } from './epidemic.ts'
import type { EpidemicOptions } from './option.ts'
import type { Trial } from './study.ts'

/**
 * Epidemics to try. Values: `residue`, the part of the sites that never got the update; `complete`, 1 if none; `traffic`,
 * updates sent, and `calls`, conversations begun, each by all sites; `meanDelay` and `lastDelay`, in cycles; `cycles` until
 * it was over; and with space `linkLoad`, conversations over each link in a cycle on average.
 */
export function epidemicTrial(options: EpidemicOptions): Trial {
  const epidemic = new Epidemic(options)
  const { nodes, space } = options
  // A site has one link to the next on a ring, two on a grid.
  const links = nodes * (space?.shape === 'grid' ? 2 : 1)
  return {
    bytes: epidemic.bytes,
    run: (rng) => {
      const run = epidemic.run(rng)
      return {
        values: {
          // Nobody is missed where nobody is left.
          residue: run.present === 0 ? 0 : run.missed / run.present,
          complete: run.missed === 0 ? 1 : 0,
          traffic: run.sent / nodes,
          calls: run.calls / nodes,
          meanDelay: run.meanDelay,
          lastDelay: run.lastDelay,
          cycles: run.cycles,
          ...(space !== undefined && { linkLoad: run.links / links / run.cycles }),
        },
        curve: run.curve,
      }
    },
  }
}
