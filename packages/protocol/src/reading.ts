import type { BodyReference } from './body-reference.ts'
import { equalBytes } from './bytes.ts'
import { decodeEnvelope, type EnvelopeBody } from './envelope.ts'
import type { JournalEntry } from './journal.ts'
import type { TopicRules } from './topic.ts'
import type { Signed } from './signed.ts'
import { decide, type Decision } from './verdict.ts'

/** Bytes that came, once they are understood. */
export interface Reading {
  readonly body: EnvelopeBody
  readonly bodyBytes: Uint8Array
  /** Absent where nobody signs, and where gossip has checked it. */
  readonly signature?: Uint8Array
  /** Where gossip signs. */
  readonly seqno?: bigint | undefined
}

/** An author's clock may be this far ahead of ours, in µs; research/security.md row 24 and the architecture say why. */
export const futureMaxUs = 120_000_000

const nobody = new Uint8Array()

/**
 * Reads what came on a topic, or says why it cannot be taken. `wall` is our clock in µs; `signed` what gossip knows of it.
 * Total.
 */
export function readBytes(rules: TopicRules, bytes: Uint8Array, wall: number, signed?: Signed): Reading | Decision {
  if (rules.format === 'envelope') return readEnvelope(bytes, wall)
  const raw = readRaw(bytes, wall)
  if (rules.format === 'raw') return raw
  // What gossip signed is as if it came in an envelope: its number is the seqno, its time that of its arrival.
  if (signed === undefined) return decide('bad-encoding', 'nobody signed it')
  return { ...raw, body: { ...raw.body, author: signed.author }, seqno: signed.seqno }
}

function readEnvelope(bytes: Uint8Array, wall: number): Reading | Decision {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) return decide(decoded.reason, decoded.detail)
  const { time } = decoded.envelope.body
  if (time <= wall + futureMaxUs) return decoded.envelope
  return decide('future', `${Math.round((time - wall) / 1e6)} s ahead`)
}

/** A raw payload as if it came in an envelope of nobody: what it cannot say is empty or zero. */
const readRaw = (bytes: Uint8Array, wall: number): Reading => ({
  body: { author: nobody, epoch: 0, sequence: 0, time: wall, parents: [], messages: [bytes] },
  bodyBytes: bytes,
})

/** What in an envelope breaks the topic's static rules, if anything does. */
export function violation(rules: TopicRules, body: EnvelopeBody): Decision | undefined {
  if (body.reference !== undefined) return referenceViolation(rules, body.reference)
  if (rules.isSingle === true && body.messages.length > 1)
    return decide('bad-schema', `${body.messages.length} messages, where each is judged by itself`)
  try {
    for (const payload of body.messages) {
      if (payload.length > rules.messageBytesMax) {
        return decide('oversize', `${payload.length} bytes, the topic allows ${rules.messageBytesMax}`)
      }
      if (payload.length > (rules.inlineBytesMax ?? Infinity))
        return decide('bad-schema', `${payload.length} bytes in the envelope, where ${rules.inlineBytesMax} may be`)
      const wrong = rules.check?.(payload)
      if (wrong !== undefined) return decide('bad-schema', wrong)
    }
    return undefined
  } catch {
    return decide('validator-failed', 'the schema check failed')
  }
}

/** What in a reference breaks the topic's rules. */
function referenceViolation(rules: TopicRules, { id, size }: BodyReference): Decision | undefined {
  const { inlineBytesMax = Infinity, messageBytesMax, contentId } = rules
  if (size > messageBytesMax) return decide('oversize', `${size} bytes, the topic allows ${messageBytesMax}`)
  if (size <= inlineBytesMax) return decide('bad-schema', `${size} bytes by reference, which belong into the envelope`)
  if ((id === undefined) === (contentId === undefined)) return undefined
  return decide('bad-schema', id === undefined ? 'the reference has no id' : 'the reference has an id')
}

/** What is wrong with a fetched body that is what its root says. `isChecked`: its id is known to be right. */
export function bodyViolation(
  rules: TopicRules,
  envelope: EnvelopeBody,
  body: Uint8Array,
  isChecked: boolean,
): Decision | undefined {
  const foreign = isChecked ? undefined : identityViolation(rules, envelope, body)
  if (foreign !== undefined) return foreign
  try {
    const wrong = rules.check?.(body)
    return wrong === undefined ? undefined : decide('bad-schema', wrong)
  } catch {
    return decide('validator-failed', 'the schema check failed')
  }
}

/** Why a body that has the root of its reference is not what that says by our rules; a rule that fails cannot tell. */
export function identityViolation(
  { contentId }: TopicRules,
  { reference, author }: EnvelopeBody,
  body: Uint8Array,
): Decision | undefined {
  if (contentId === undefined || reference?.id === undefined) return undefined
  try {
    const id = contentId(body, author)
    return id !== undefined && equalBytes(id, reference.id) ? undefined : decide('bad-body')
  } catch {
    return decide('validator-failed', 'the id rule failed')
  }
}

/**
 * Who goes by another definition of the topic did not break a rule that it knew of. Where gossip signs, messages do not say
 * which one their author goes by: only a validator that says reject means the sender.
 */
export function blame(rules: TopicRules, body: EnvelopeBody, decision: Decision): Decision {
  if (decision.verdict !== 'reject' || isBlamed(rules, body, decision)) return decision
  return decide('other-definition', decision.detail ?? decision.reason)
}

function isBlamed({ format, schemaId }: TopicRules, { schema }: EnvelopeBody, { reason }: Decision): boolean {
  if (format === 'signed') return reason === 'rule-rejected'
  if (format === 'raw') return true
  return schemaId === undefined ? schema === undefined : schema !== undefined && equalBytes(schema, schemaId)
}

/** Writes into the journal who says it, and when it was said. */
export function describe(entry: JournalEntry, { body, seqno }: Pick<Reading, 'body' | 'seqno'>): void {
  if (seqno !== undefined) entry.seqno = seqno
  if (body.author.length > 0) {
    entry.author ??= body.author.slice()
    entry.epoch = body.epoch
    entry.firstSequence = body.sequence
  }
  entry.time = body.time
}
