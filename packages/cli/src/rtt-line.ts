import { shortPeer } from '@grapevine/protocol'
import type { RoundTripView } from '@grapevine/protocol/control'
import { styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** `…Qm7xKd (laptop) to …abc123: 42.3 ms, give or take 2 ms; exchanges 41.0 ms, ping 41.2 ms`. */
export function roundTripLine(trip: RoundTripView): string {
  const { from, fromName, to, toName, estimateMs, exchangeMs, pingMs, problem } = trip
  const estimate = estimateMs === undefined ? 'no estimate yet' : `${msText(estimateMs)}, give or take ${offText(trip)}`
  const measured = [
    ...(exchangeMs === undefined ? [] : [`exchanges ${msText(exchangeMs)}`]),
    ...(pingMs === undefined ? [] : [`ping ${msText(pingMs)}`]),
    ...(problem === undefined ? [] : [`no ping: ${safe(problem)}`]),
  ]
  const rest = measured.length === 0 ? '' : `; ${measured.join(', ')}`
  return `${called(from, fromName)} to ${called(to, toName)}: ${estimate}${rest}`
}

/** Round trips as aligned lines, with what the columns are. */
export function roundTripLines(trips: readonly RoundTripView[]): string[] {
  const isPinged = trips.some(({ pingMs, problem }) => pingMs !== undefined || problem !== undefined)
  const isOwn = trips.some(({ exchangeMs }) => exchangeMs !== undefined)
  const head = ['to', '', 'estimate', 'give or take', ...(isOwn ? ['exchanges'] : []), ...(isPinged ? ['ping'] : [])]
  const rows = trips.map((trip) => [
    shortPeer(trip.to),
    safe(trip.toName ?? ''),
    msText(trip.estimateMs),
    trip.estimateMs === undefined ? '-' : offText(trip),
    ...(isOwn ? [msText(trip.exchangeMs)] : []),
    ...(isPinged ? [trip.problem === undefined ? msText(trip.pingMs) : styled('yellow', safe(trip.problem))] : []),
  ])
  const [first, ...rest] = table([head, ...rows])
  return [styled('dim', first!), ...rest]
}

function called(peer: string, name: string | undefined): string {
  return name === undefined ? shortPeer(peer) : `${shortPeer(peer)} (${safe(name)})`
}

const msText = (ms: number | undefined): string => (ms === undefined ? '-' : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`)

/** Nobody can be sure to a part of a ms. */
const offText = ({ estimateMs = 0, error = 0 }: RoundTripView): string =>
  `${Math.max(1, Math.round(estimateMs * error))} ms`
