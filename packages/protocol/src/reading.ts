import { equalBytes } from './bytes.ts'
import { decodeEnvelope, type EnvelopeBody } from './envelope.ts'
import type { JournalEntry } from './journal.ts'
import type { TopicRules } from './topic.ts'
import { decide, type Decision } from './verdict.ts'

/** Bytes that came, once they are understood. */
export interface Reading {
  readonly body: EnvelopeBody
  readonly bodyBytes: Uint8Array
  /** Absent where nobody signs. */
  readonly signature?: Uint8Array
}

/** An author's clock may be this far ahead of ours, in µs; research/security.md row 24 and the architecture say why. */
const futureMaxUs = 120_000_000

const nobody = new Uint8Array()

/** Reads what came on a topic, or says why it cannot be taken. `wall` is our clock in µs. Total. */
export function readBytes(rules: TopicRules, bytes: Uint8Array, wall: number): Reading | Decision {
  return rules.format === 'raw' ? readRaw(bytes, wall) : readEnvelope(bytes, wall)
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
  try {
    for (const payload of body.messages) {
      if (payload.length > rules.messageBytesMax) {
        return decide('oversize', `${payload.length} bytes, the topic allows ${rules.messageBytesMax}`)
      }
      const wrong = rules.check?.(payload)
      if (wrong !== undefined) return decide('bad-schema', wrong)
    }
    return undefined
  } catch {
    return decide('validator-failed', 'the schema check failed')
  }
}

/** Who goes by another definition of the topic did not break a rule that it knew of. */
export function blame(rules: TopicRules, { schema }: EnvelopeBody, decision: Decision): Decision {
  if (decision.verdict !== 'reject' || rules.format === 'raw') return decision
  const isSame =
    rules.schemaId === undefined ? schema === undefined : schema !== undefined && equalBytes(schema, rules.schemaId)
  return isSame ? decision : decide('other-definition', decision.detail ?? decision.reason)
}

/** Writes into the journal who says it, and when it was said. */
export function describe(entry: JournalEntry, body: EnvelopeBody): void {
  if (body.author.length > 0) {
    entry.author ??= body.author.slice()
    entry.epoch = body.epoch
    entry.firstSequence = body.sequence
  }
  entry.time = body.time
}
