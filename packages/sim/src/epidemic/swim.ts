import { Draws } from '../draws.ts'
import { checkPart, checkWhole } from './option.ts'
import type { Trial } from './study.ts'

/** Options of {@link swimTrial}. */
export interface SwimOptions {
  /** Members, the one that fails included. 3 to 65,536; with `turn` to 8,192. */
  readonly nodes: number
  /** Whom a member pings: any other at `random`, or all others in turn, in a new order each time through (`turn`). */
  readonly targets: 'random' | 'turn'
  /** The chance that a message is lost. 0 to 1. */
  readonly loss: number
  /** Members that are asked to ping one that did not answer. 0 to 255. */
  readonly proxies: number
  /** Periods that are watched. With `turn`, 2n − 1 are enough for every member to notice. 1 to 1,000,000. */
  readonly periods: number
}

/**
 * Failure detection by pings: SWIM, Das, Gupta and Motivala 2002, without suspicion and without spreading the news.
 * Member 0 fails at the beginning. Values: `firstDetection`, the period in which the first member found that it does not
 * answer, and `lastDetection`, by when each had found out by itself (`periods` + 1 where that did not happen); `falseAlarm`,
 * the part of the pings of live members that seemed to fail; `load`, messages that a member sent in a period.
 */
export function swimTrial(options: SwimOptions): Trial {
  const { nodes, targets, loss, proxies, periods } = options
  // In turn, each member has an order of all others.
  checkWhole('nodes', nodes, 3, targets === 'turn' ? 8192 : 65_536)
  checkPart('loss', loss)
  checkWhole('proxies', proxies, 0, 255)
  checkWhole('periods', periods, 1, 1_000_000)
  const isInTurn = targets === 'turn'
  /** The order of each member, one after the other. */
  const orders = new Uint32Array(isInTurn ? nodes * (nodes - 1) : 0)
  const at = new Uint32Array(isInTurn ? nodes : 0)
  const hasFound = new Uint8Array(nodes)
  return {
    bytes: orders.byteLength + at.byteLength + hasFound.byteLength,
    run: (rng) => {
      const draws = new Draws(rng)
      hasFound.fill(0)
      if (isInTurn) fillOrders(draws, orders, at, nodes)
      const targetOf = (member: number): number =>
        isInTurn ? nextInTurn(draws, orders, at, member, nodes) : draws.other(member, nodes)
      const isThrough = (messages: number): boolean => {
        for (let message = 0; message < messages; message++) if (draws.chance(loss)) return false
        return true
      }
      let [found, firstDetection, lastDetection] = [0, periods + 1, periods + 1]
      let [pings, alarms, sent] = [0, 0, 0]
      for (let period = 1; period <= periods; period++) {
        for (let member = 1; member < nodes; member++) {
          const target = targetOf(member)
          sent++
          if (target === 0) {
            sent += 2 * proxies
            firstDetection = Math.min(firstDetection, period)
            if (hasFound[member] === 0) found++
            hasFound[member] = 1
            continue
          }
          pings++
          // An answer to the ping; what asks a proxy, its ping, and the answers to both.
          sent++
          if (isThrough(2)) continue
          sent += 4 * proxies
          let isAnswered = false
          for (let proxy = 0; proxy < proxies; proxy++) isAnswered = isThrough(4) || isAnswered
          if (!isAnswered) alarms++
        }
        if (found < nodes - 1) continue
        lastDetection = Math.min(lastDetection, period)
        if (isInTurn) break
      }
      const lasted = isInTurn ? Math.min(lastDetection, periods) : periods
      const load = sent / (nodes - 1) / lasted
      return { values: { firstDetection, lastDetection, falseAlarm: pings === 0 ? 0 : alarms / pings, load } }
    },
  }
}

/** Random orders, and a random place in each: the failure comes at any time. */
function fillOrders(draws: Draws, orders: Uint32Array, at: Uint32Array, nodes: number): void {
  for (let member = 0; member < nodes; member++) {
    const order = orders.subarray(member * (nodes - 1), (member + 1) * (nodes - 1))
    for (let index = 0; index < order.length; index++) order[index] = index < member ? index : index + 1
    draws.shuffle(order)
    at[member] = draws.below(nodes - 1)
  }
}

function nextInTurn(draws: Draws, orders: Uint32Array, at: Uint32Array, member: number, nodes: number): number {
  const order = orders.subarray(member * (nodes - 1), (member + 1) * (nodes - 1))
  if (at[member] === nodes - 1) {
    draws.shuffle(order)
    at[member] = 0
  }
  return order[at[member]!++]!
}
