import type { OutboxView } from '@grapevine/protocol/control'
import { formatAge } from './duration.ts'
import { shortId } from './message-id.ts'
import { plural, styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Entries of the outbox as aligned lines: id, topic, state, age, and what is missing. `now` in ms since 1970. */
export function outboxLines(entries: readonly OutboxView[], now: number): string[] {
  return table(
    entries.map((entry) => [
      shortId(entry.id),
      entry.messages === 1 ? '' : `and ${entry.messages - 1} more`,
      safe(entry.topic),
      styled(entry.state === 'queued' ? 'yellow' : 'bold', entry.state),
      entry.time === undefined ? '' : formatAge(now - Date.parse(entry.time)),
      missing(entry),
    ]),
  )
}

function missing({ state, peers, receipts, wanted }: OutboxView): string {
  if (wanted !== undefined) return `${receipts ?? 0} of ${plural(wanted, 'receipt')}`
  if (state === 'queued') return 'no peer yet'
  if (state === 'sent') return peers === 0 ? 'held by nobody yet' : `to ${plural(peers, 'peer')}, held by nobody yet`
  return ''
}
