import { base64 } from '@scure/base'
import { fromHex, toHex } from '../bytes.ts'
import type { Sha256 } from '../id.ts'
import { checkTopicName } from '../topic-name.ts'
import { type Equivocation, type Evidence, type EvidenceFault, readEvidence } from './evidence.ts'

/** Longest file of evidence, in characters: two envelopes of 60,000 bytes in base64, and white space. */
export const evidenceLengthMax = 200_000

const formatName = 'grapevine-evidence/1'
const members = ['format', 'network', 'topic', 'envelopes'] as const

/**
 * Outcome of reading a file. Besides what {@link EvidenceFault} says of the envelopes: `not-evidence` (not JSON, or not these
 * members; `detail` names the fault) and `unknown-version` (of a newer release).
 */
export type DecodedEvidence =
  | { readonly ok: true; readonly evidence: Evidence; readonly equivocation: Equivocation }
  | {
      readonly ok: false
      readonly reason: EvidenceFault | 'not-evidence' | 'unknown-version'
      readonly detail: string
    }

const faults: Readonly<Record<EvidenceFault, string>> = {
  'bad-envelope': 'what it holds are not two envelopes',
  'other-author': 'the two envelopes have different authors',
  'other-epoch': 'the two envelopes are of different epochs',
  'no-overlap': 'the two envelopes have no sequence in common',
  same: 'the two envelopes say the same',
  order: 'the two envelopes are in the wrong order',
}

/** Evidence as the text of a file: JSON with a line break at its end. Equal evidence has equal text. */
export function encodeEvidence({ networkId, topic, envelopes }: Evidence): string {
  const file = {
    format: formatName,
    network: toHex(networkId),
    topic,
    envelopes: envelopes.map((bytes) => base64.encode(bytes)),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/**
 * Reads a file of evidence from anybody. Never throws. Strict: exactly the members that {@link encodeEvidence} writes, in
 * any order and with any white space; lower-case hex; base64 with padding and no spare bits; canonical envelopes in
 * their order. Checks no signature.
 */
export function decodeEvidence(text: string, sha256: Sha256): DecodedEvidence {
  if (text.length > evidenceLengthMax) return notEvidence(`longer than ${evidenceLengthMax} characters`)
  const file = parse(text)
  if (file === undefined) return notEvidence('not a JSON object')
  const { format, network, topic, envelopes } = file
  if (typeof format !== 'string' || !format.startsWith('grapevine-evidence/')) return notEvidence('format')
  if (format !== formatName) {
    return { ok: false, reason: 'unknown-version', detail: 'it is of a version that this release does not know' }
  }
  if (Object.keys(file).length !== members.length) return notEvidence('a member too few or too many')
  const networkId = typeof network === 'string' && /^[0-9a-f]{64}$/.test(network) ? fromHex(network) : undefined
  if (networkId === undefined) return notEvidence('network')
  if (typeof topic !== 'string' || !checkTopicName(topic).ok) return notEvidence('topic')
  if (!Array.isArray(envelopes) || envelopes.length !== 2) return notEvidence('envelopes')
  const [one, other] = envelopes.map(bytesOf)
  if (one === undefined || other === undefined) return notEvidence('envelopes')
  const evidence: Evidence = { networkId, topic, envelopes: [one, other] }
  const equivocation = readEvidence(evidence, sha256)
  if (typeof equivocation === 'string') return { ok: false, reason: equivocation, detail: faults[equivocation] }
  return { ok: true, evidence, equivocation }
}

function parse(text: string): Readonly<Record<(typeof members)[number], unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<(typeof members)[number], unknown>) : undefined
  } catch {
    return undefined
  }
}

function bytesOf(text: unknown): Uint8Array | undefined {
  try {
    return typeof text === 'string' ? base64.decode(text) : undefined
  } catch {
    return undefined
  }
}

const notEvidence = (detail: string): DecodedEvidence => ({
  ok: false,
  reason: 'not-evidence',
  detail: `it is not a file of evidence (${detail})`,
})
