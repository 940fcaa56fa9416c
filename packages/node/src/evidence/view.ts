import { encodeEvidence, peerIdFromKey, toHex } from '@grapevine/protocol'
import type { Equivocation, Evidence, EvidenceDetailView, Statement, StatementView } from '@grapevine/protocol'
import { isoFromMicros, textOrBase64 } from '../control-view.ts'

/** Evidence for people and programs. `foundAt`: when this node noticed, in µs since 1970. */
export function viewEvidence(evidence: Evidence, equivocation: Equivocation, foundAt?: number): EvidenceDetailView {
  const { id, author, epoch, first, last, statements } = equivocation
  return {
    id: toHex(id),
    network: toHex(evidence.networkId),
    topic: evidence.topic,
    author: peerIdFromKey(author),
    epoch,
    first,
    last,
    ...(foundAt !== undefined && { found: isoFromMicros(foundAt) }),
    statements: statements.map(viewStatement),
    file: encodeEvidence(evidence),
  }
}

const viewStatement = ({ id, sequence, count, time, payload }: Statement): StatementView => ({
  id: toHex(id),
  seq: sequence,
  count,
  time: isoFromMicros(time),
  size: payload.length,
  ...textOrBase64(payload),
})
