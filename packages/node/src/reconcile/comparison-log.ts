import { isBreach, shortPeer, type Action } from '@grapevine/protocol'
import type { PartLog } from '../log/log.ts'

/** A line about a comparison of stores: a warning for a breach of the protocol and for two definitions, and no more than debug where they were equal. */
export function tellOfComparison(
  log: PartLog,
  { peer, topic, reason, report, fetched }: Action & { type: 'compared' },
): void {
  const { missing = 0 } = report?.lackedByPeer ?? {}
  const fields = { peer: shortPeer(peer), topic, reason }
  if (isBreach(reason)) log.warn('a peer broke the protocol', fields)
  else if (reason === 'other-definition')
    log.warn('a peer goes by another definition of a topic: their stores cannot be made equal', {
      ...fields,
      hint: `compare what both say to: grapevine topic show ${topic}`,
    })
  else if (fetched + missing > 0) log.info('stores compared', { ...fields, fetched, gave: missing })
  else log.debug('stores compared', fields)
}
