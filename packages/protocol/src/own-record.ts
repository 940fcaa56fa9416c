import { messageOf } from './body-message.ts'
import type { EnvelopeBody } from './envelope.ts'
import type { Message, Millis } from './event.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { describe } from './reading.ts'
import type { TopicRules } from './topic.ts'

/** Messages of ours that leave together. */
export interface OwnMessages {
  readonly rules: TopicRules
  readonly body: EnvelopeBody
  readonly ids: readonly Uint8Array[]
  /** Hex. */
  readonly gossipId: string
  /** Where gossip signs. */
  readonly seqno?: bigint
}

/** Enters messages of ours into the journal as published; returns them as their readers on this node get them. */
export function recordOwn(
  journal: Journal,
  { rules, body, ids, gossipId, seqno }: OwnMessages,
  now: Millis,
): { readonly entry: JournalEntry; readonly messages: Message[] } {
  const entry = journal.open(rules.name, gossipId)
  describe(entry, { body, seqno })
  journal.note(entry, { at: now, what: 'published' })
  journal.accept(entry, ids)
  return { entry, messages: ids.map((_, index) => messageOf(body, index, { topic: rules.name, ids, seqno })) }
}
