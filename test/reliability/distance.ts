import { setTimeout as sleep } from 'node:timers/promises'
import { roundTripMs } from '../../packages/sim/src/coordinate/region.ts'
import { Lab } from '@grapevine/node/lab'
import { until } from '../site.ts'
import { type Member, Members } from './member.ts'

/** Nodes far from each other. */
export interface DistanceOptions {
  /** At most 8: each in a region of its own. */
  readonly nodes: number
  /** After how many seconds to look, ascending. */
  readonly seconds: readonly number[]
  readonly onLook?: (found: DistanceErrors) => void
}

/** How far estimates of round trips are from pings, as parts of these, over all ordered pairs of nodes. */
export interface DistanceErrors {
  readonly seconds: number
  readonly pairs: number
  /** Of estimates by who is one of the two. */
  readonly median: number
  readonly p90: number
  /** Of estimates by somebody else. */
  readonly thirdMedian: number
  readonly thirdP90: number
  /** Of the shortest of the last exchanges, which is measured, not estimated. */
  readonly exchangeMedian: number
}

const linkMsMax = 120_000
const pingMs = 10_000

/** Nodes in a lab whose links are as long as those between regions of the world; estimates are compared with pings. */
export async function distances({ nodes, seconds, onLook }: DistanceOptions): Promise<DistanceErrors[]> {
  await using lab = await Lab.open(nodes)
  for (let a = 0; a < nodes; a++) {
    for (let b = 0; b < a; b++) {
      const places = [a, b].map((region) => ({ region, accessMs: 0 }))
      await lab.link({ delayMs: roundTripMs(places[0]!, places[1]!) / 2 }, [a, b])
    }
  }
  await using members = await Members.open({ count: nodes, lab, reach: nodes - 1 })
  for (const member of members.all) {
    await until(
      () => links(member),
      (count) => count === nodes - 1,
      linkMsMax,
    )
  }
  const began = performance.now()
  const found: DistanceErrors[] = []
  for (const second of seconds) {
    await sleep(Math.max(0, began + 1_000 * second - performance.now()))
    const errors = { seconds: second, ...(await look(members.all)) }
    onLook?.(errors)
    found.push(errors)
  }
  return found
}

async function links({ client }: Member): Promise<number> {
  return (await client.call('members', {})).filter(({ connected }) => connected).length
}

async function look(members: readonly Member[]): Promise<Omit<DistanceErrors, 'seconds'>> {
  const own: number[] = []
  const third: number[] = []
  const exchanges: number[] = []
  for (const [at, { client }] of members.entries()) {
    const other = members[(at + 1) % members.length]!.client
    const trips = await client.call('roundTrips', { measure: true, timeout: pingMs })
    for (const { from, to, estimateMs = Number.NaN, exchangeMs = Number.NaN, pingMs: truth } of trips) {
      if (truth === undefined) continue
      const off = (ms: number): number => Math.abs(ms - truth) / truth
      own.push(off(estimateMs))
      exchanges.push(off(exchangeMs))
      const [seen] = await other.call('roundTrips', { from, to })
      third.push(off(seen?.estimateMs ?? Number.NaN))
    }
  }
  return {
    pairs: own.length,
    median: quantile(own, 0.5),
    p90: quantile(own, 0.9),
    thirdMedian: quantile(third, 0.5),
    thirdP90: quantile(third, 0.9),
    exchangeMedian: quantile(exchanges, 0.5),
  }
}

/** Those without an estimate count as the worst. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.map((value) => (Number.isNaN(value) ? Infinity : value)).toSorted((a, b) => a - b)
  return sorted[Math.floor(part * sorted.length)] ?? Infinity
}
