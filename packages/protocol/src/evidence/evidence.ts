import { compareBytes, concatBytes, equalBytes } from '../bytes.ts'
import { decodeEnvelope, type Envelope, signedBytes } from '../envelope.ts'
import { messageIds, type Sha256 } from '../id.ts'
import { encodeUtf8 } from '../text.ts'

/**
 * Proof of equivocation: two envelopes of one author, topic and epoch that claim one sequence for different messages, each
 * with the author's signature. Whoever has it can check it with nothing else (docs/protocol.md, "Evidence").
 */
export interface Evidence {
  /** 32 bytes. */
  readonly networkId: Uint8Array
  /** The plain name. */
  readonly topic: string
  /** Wire bytes, in ascending order of their bodies as unsigned bytes: one pair has one form. */
  readonly envelopes: readonly [Uint8Array, Uint8Array]
}

/** One of the two envelopes, as far as it contradicts the other. */
export interface Statement {
  /** What the author signed. */
  readonly signed: Uint8Array
  /** Ed25519, 64 bytes. Not checked. */
  readonly signature: Uint8Array
  /** Author time, µs since 1970. */
  readonly time: number
  /** Sequence of the envelope's first message, and how many it has. */
  readonly sequence: number
  readonly count: number
  /** Id, by the signed rule, and payload of the message that it puts at the first sequence of both. */
  readonly id: Uint8Array
  readonly payload: Uint8Array
}

/** What evidence says, and proves once both signatures were found to be good. */
export interface Equivocation {
  /** 32 bytes: SHA-256 of "grapevine-evidence/1" and the hashes of both signed bytes. Signatures do not change it. */
  readonly id: Uint8Array
  /** Ed25519 key, 32 bytes. */
  readonly author: Uint8Array
  readonly epoch: number
  /** The sequences that both claim, both ends included. */
  readonly first: number
  readonly last: number
  readonly statements: readonly [Statement, Statement]
}

/**
 * Why two envelopes prove nothing: `bad-envelope` (not a canonical envelope), `other-author`, `other-epoch`, `no-overlap` (no
 * sequence in common), `same` (one body, whatever its signatures), `order` (they stand the wrong way round).
 */
export type EvidenceFault = 'bad-envelope' | 'other-author' | 'other-epoch' | 'no-overlap' | 'same' | 'order'

const domain = encodeUtf8('grapevine-evidence/1')

/** Evidence from two envelopes in either order, or why they are none. Checks no signature. Never throws on a peer's bytes. */
export function makeEvidence(
  pair: Evidence,
  sha256: Sha256,
): { readonly evidence: Evidence; readonly equivocation: Equivocation } | EvidenceFault {
  const equivocation = readEvidence(pair, sha256)
  if (typeof equivocation === 'object') return { evidence: pair, equivocation }
  if (equivocation !== 'order') return equivocation
  const evidence: Evidence = { ...pair, envelopes: [pair.envelopes[1], pair.envelopes[0]] }
  return { evidence, equivocation: readEvidence(evidence, sha256) as Equivocation }
}

/** What evidence says, or its fault. Checks no signature: that is for who calls it, over each statement's `signed`. */
export function readEvidence({ networkId, topic, envelopes }: Evidence, sha256: Sha256): Equivocation | EvidenceFault {
  const [one, other] = envelopes.map(decodeEnvelope)
  if (!one?.ok || !other?.ok) return 'bad-envelope'
  const [a, b] = [one.envelope, other.envelope]
  const { author, epoch } = a.body
  if (!equalBytes(author, b.body.author)) return 'other-author'
  if (epoch !== b.body.epoch) return 'other-epoch'
  const first = Math.max(a.body.sequence, b.body.sequence)
  const last = Math.min(endOf(a), endOf(b)) - 1
  if (first > last) return 'no-overlap'
  const order = compareBytes(a.bodyBytes, b.bodyBytes)
  if (order === 0) return 'same'
  if (order > 0) return 'order'
  const signed = [a, b].map(({ bodyBytes }) => signedBytes(networkId, topic, bodyBytes))
  return {
    id: sha256(concatBytes(domain, ...signed.map(sha256))),
    author,
    epoch,
    first,
    last,
    statements: [statementOf(a, signed[0]!, first, sha256), statementOf(b, signed[1]!, first, sha256)],
  }
}

const endOf = ({ body }: Envelope): number => body.sequence + body.messages.length

function statementOf({ body, signature }: Envelope, signed: Uint8Array, at: number, sha256: Sha256): Statement {
  const { time, sequence, messages } = body
  const index = at - sequence
  const id = messageIds(sha256, signed, index + 1)[index]!
  return { signed, signature, time, sequence, count: messages.length, id, payload: messages[index]! }
}
