import type { ConsumerView } from '@grapevine/protocol/control'
import { plural } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Messages that the node counts at most. */
const behindMax = 100_000

/** Consumers as aligned lines: name, topics, whether somebody reads, and how far they are behind. */
export function consumerLines(consumers: readonly ConsumerView[]): string[] {
  return table(
    consumers.map((view) => [
      safe(view.consumer),
      view.topics.map(safe).join(', '),
      view.active ? 'read now' : 'nobody reads',
      behindText(view),
    ]),
  )
}

/** A consumer for people. */
export function consumerScreen(view: ConsumerView): string {
  const { consumer, topics, active, unacked, created, since, refilled } = view
  return table([
    ['consumer', safe(consumer)],
    ['topics', topics.map(safe).join(', ')],
    ['reader', active ? 'there is one now' : 'none'],
    ['behind', behindText(view)],
    ['handed out', `${plural(unacked, 'message')} without acknowledgement`],
    ['made', created],
    ...(since === undefined ? [] : [['since', `${since}: nothing that was said before`]]),
    ...(refilled === undefined ? [] : [['store lost', `${refilled}: it began again`]]),
  ]).join('\n')
}

const behindText = ({ behind }: ConsumerView): string =>
  behind > behindMax ? `more than ${behindMax} messages` : plural(behind, 'message')
