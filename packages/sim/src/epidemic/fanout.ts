import { Draws } from '../draws.ts'
import { checkPart, checkWhole, nodesMax } from './option.ts'
import type { Trial } from './study.ts'

/** Options of {@link fanoutTrial}. */
export interface FanoutOptions {
  /** Nodes, the one that begins included. 2 to 2^26. */
  readonly nodes: number
  /** To how many others each passes a message on, on average; one more or less where it is not whole. Above 0, to 255. */
  readonly fanout: number
  /** The chance that a message is lost on its way. 0 to 1. */
  readonly loss: number
  /** The part of the nodes that is down; the first is not. 0 to 1. */
  readonly failed: number
}

/**
 * Gossip in which each node passes a message on once, when it first gets it, to others at random: Kermarrec, Massoulié
 * and Ganesh 2003. Values: `residue`, `complete`, `traffic` and `meanDelay`, `lastDelay` in hops, as epidemics have them.
 */
export function fanoutTrial(options: FanoutOptions): Trial {
  const { nodes, fanout, loss, failed } = options
  checkWhole('nodes', nodes, 2, nodesMax)
  checkPart('loss', loss)
  checkPart('failed', failed)
  if (!(fanout > 0 && fanout <= 255)) throw new RangeError(`fanout is ${fanout}, not above 0 and at most 255`)
  /** 0 lacks it, 1 has it, 2 is down. */
  const state = new Uint8Array(nodes)
  const queue = new Uint32Array(nodes)
  return {
    bytes: state.byteLength + queue.byteLength,
    run: (rng) => {
      const draws = new Draws(rng)
      state.fill(0)
      let present = nodes
      const failing = failed > 0 ? nodes : 1
      for (let node = 1; node < failing; node++) {
        if (!draws.chance(failed)) continue
        state[node] = 2
        present--
      }
      state[0] = 1
      queue[0] = 0
      const curve = [1]
      let [reached, from, sent, delays] = [1, 0, 0, 0]
      while (from < reached) {
        const end = reached
        for (; from < end; from++) {
          const copies = Math.floor(fanout) + (draws.chance(fanout % 1) ? 1 : 0)
          sent += copies
          for (let copy = 0; copy < copies; copy++) {
            const to = draws.other(queue[from]!, nodes)
            if (draws.chance(loss) || state[to] !== 0) continue
            state[to] = 1
            queue[reached++] = to
          }
        }
        if (reached === end) break
        delays += (reached - end) * curve.length
        curve.push(reached)
      }
      const residue = (present - reached) / present
      const values = {
        residue,
        complete: residue === 0 ? 1 : 0,
        traffic: sent / nodes,
        meanDelay: delays / reached,
        lastDelay: curve.length - 1,
      }
      return { values, curve }
    },
  }
}
