import type { RelayView } from '@grapevine/node/relay/run'
import { plural } from '../output.ts'
import { safe } from '../safe.ts'
import { table } from '../table.ts'

/** A relay in a line. */
export function relayLine({ relay, state, pid, topics }: RelayView): string {
  const where = pid === undefined ? '' : ` as process ${pid}`
  return `relay ${safe(relay)} is ${stateText(state)}${where}, on ${plural(Object.keys(topics).length, 'topic')}`
}

/** A relay for people: what it does and what it has counted. */
export function relayScreen(view: RelayView): string {
  const { relay, state, pid, file, started, error, topics, counters, gauges } = view
  const rows = [
    ['relay', safe(relay)],
    ['state', stateText(state)],
    ...(pid === undefined ? [] : [['process', String(pid)]]),
    ['script', safe(file)],
    ['started', started],
    ...(error === undefined ? [] : [['error', safe(error)]]),
    ...Object.entries(topics).map(([name, { accepted, verdicts }]) => [
      `topic ${safe(name)}`,
      [
        `${accepted} accepted`,
        ...Object.entries(verdicts).map(([verdict, count]) => `${count} × ${safe(verdict)}`),
      ].join(', '),
    ]),
    ...[...Object.entries(counters), ...Object.entries(gauges)].map(([name, value]) => [
      safe(name),
      safe(String(value)),
    ]),
  ]
  return table(rows).join('\n')
}

/** What a relay does, in words. */
export const stateText = (state: RelayView['state']): string =>
  state === 'node-away' ? 'waiting for its node' : state === 'replaying' ? 'reading its history' : state
