/**
 * Evidence of equivocation, checked with nothing but the file: no node, no home, no network.
 *
 * @example
 * ```ts
 * import { checkEvidence } from '@grapevine/node/evidence'
 * const { author, first } = checkEvidence(readFileSync('evidence.json', 'utf8')) // throws where it proves nothing
 * ```
 */
import { hash } from 'node:crypto'
import { decodeEvidence, type EvidenceDetailView, evidenceLengthMax } from '@grapevine/protocol'
import { verify } from '../crypto.ts'
import { NodeError } from '../error.ts'
import { viewEvidence } from './view.ts'

export { evidenceLengthMax }

/** What a file proves. Error `no-proof`, if it proves nothing: it was tampered with, or is something else. */
export function checkEvidence(text: string): EvidenceDetailView {
  const decoded = decodeEvidence(text, (bytes) => hash('sha256', bytes, 'buffer'))
  if (!decoded.ok) throw new NodeError('no-proof', `it proves nothing: ${decoded.detail}`)
  const { evidence, equivocation } = decoded
  const { author, statements } = equivocation
  if (!statements.every(({ signed, signature }) => verify(signed, signature, author)))
    throw new NodeError('no-proof', 'it proves nothing: a signature is not that of the author')
  return viewEvidence(evidence, equivocation)
}
