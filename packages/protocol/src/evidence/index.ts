/**
 * Evidence that an author equivocated: made by each node that holds both envelopes, checked by anybody.
 *
 * @example
 * ```ts
 * const decoded = decodeEvidence(readFileSync('evidence.json', 'utf8'), sha256)
 * if (decoded.ok) decoded.equivocation.statements.every(({ signed, signature }) => verify(signed, signature, author))
 * ```
 */
export * from './evidence.ts'
export { decodeEvidence, type DecodedEvidence, encodeEvidence, evidenceLengthMax } from './file.ts'
