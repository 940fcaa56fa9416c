import { messageOf } from './body-message.ts'
import type { EnvelopeBody } from './envelope.ts'
import type { Message, Millis } from './event.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Sha256 } from './id.ts'
import { describe } from './reading.ts'
import { isOwnSeqno } from './signed.ts'
import { seenKey } from './seen-key.ts'
import { recordOf, type Found, type StoreRecord } from './store/record.ts'
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

/**
 * Whether an envelope that our key signed can be ours: of this life with sequences that we used, those before `next`, or of an
 * earlier life. An epoch is the wall clock in ms at the start of a life, or later: what claims an earlier life, but a time
 * after the start of this one, is somebody else's. Not what comes from the store of a peer: our clock may have been set back
 * since, and who lives beside us is heard live.
 */
export function isOurs(
  body: EnvelopeBody,
  {
    epoch,
    next,
    isFromStore,
    seqno,
  }: {
    readonly epoch: number
    readonly next: number
    readonly isFromStore: boolean
    readonly seqno?: bigint | undefined
  },
): boolean {
  if (seqno !== undefined) return isOwnSeqno(seqno, epoch)
  if (body.epoch < epoch) return isFromStore || body.time <= epoch * 1000
  return body.epoch === epoch && body.sequence + body.messages.length <= next
}

/** What the store is to keep of an envelope of ours: all of it. */
export function ownStoreRecord(
  sha256: Sha256,
  { rules, body, bytes, ids }: Pick<Found, 'rules' | 'body' | 'bytes' | 'ids'>,
): StoreRecord {
  const keys = ids.map((id) => seenKey(sha256, rules, id))
  return recordOf({ rules, body, bytes, ids, keys, kept: [...ids.keys()], via: 'own', arrivedAt: body.time })
}
