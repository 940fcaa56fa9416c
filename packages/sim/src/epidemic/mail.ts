import { Draws } from '../draws.ts'
import { checkPart, checkWhole, nodesMax } from './option.ts'
import type { Trial } from './study.ts'

/** Options of {@link mailTrial}. */
export interface MailOptions {
  /** Sites, the sender included. 2 to 2^26. */
  readonly nodes: number
  /** The chance that a letter is lost. 0 to 1. */
  readonly loss: number
  /** The part of the sites that is down. 0 to 1. */
  readonly failed: number
}

/**
 * Direct mail: one site sends the update to each of the others, once. Demers et al. 1987, §1.2. Values: `residue`,
 * `complete` and `traffic` as epidemics have them.
 */
export function mailTrial({ nodes, loss, failed }: MailOptions): Trial {
  checkWhole('nodes', nodes, 2, nodesMax)
  checkPart('loss', loss)
  checkPart('failed', failed)
  return {
    bytes: 0,
    run: (rng) => {
      const draws = new Draws(rng)
      let present = 1
      let reached = 1
      for (let site = 1; site < nodes; site++) {
        if (draws.chance(failed)) continue
        present++
        if (!draws.chance(loss)) reached++
      }
      const residue = (present - reached) / present
      const values = { residue, complete: residue === 0 ? 1 : 0, traffic: (nodes - 1) / nodes }
      return { values, curve: [1, reached] }
    },
  }
}
