import { shortPeer } from '@grapevine/protocol'
import type { ReceiptsView } from '@grapevine/protocol/control'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Receipts as aligned lines: who has signed, when it was stored, and until when it is kept. */
export function receiptLines({ receipts }: ReceiptsView): string[] {
  return table(
    receipts.map(({ peer, storedAt, keepUntil }) => [
      safe(shortPeer(peer)),
      `stored at ${storedAt}`,
      keepUntil === undefined ? '' : `kept until ${keepUntil}`,
    ]),
  )
}
