import type { BodyReference } from './body-reference.ts'
import { equalBytes, keyOf } from './bytes.ts'
import {
  batchBodySizeMax,
  envelopeMessagesMax,
  headerSize,
  messageFieldSize,
  type EnvelopeBody,
  type EnvelopeHeader,
} from './envelope.ts'
import type { Ref } from './event.ts'
import type { TopicRules } from './topic.ts'

/** A message of ours that waits for its envelope. */
export interface Draft {
  readonly ref: Ref
  readonly payload: Uint8Array
  readonly time: number
  /** Ids of messages that it refers to: it then has an envelope of its own. */
  readonly parents: readonly Uint8Array[]
  readonly contentId: Uint8Array | undefined
  /** The payload is this, encoded: the body is fetched, and the draft has an envelope of its own. */
  readonly reference?: BodyReference
  /** That body, for our own readers, if they get it whole. */
  readonly body?: Uint8Array
}

/** Our own messages on one topic. */
export interface Queue {
  rules: TopicRules
  drafts: Draft[]
  bytes: number
  flights: number
  /**
   * Sequence of the next message; contiguous within topic and epoch, from 1. It outlives a release, or the next hold
   * would use a sequence twice: so a queue stays for the life of the node.
   */
  sequence: number
}

/** Messages of ours that are on their way, together. */
export interface Flight {
  readonly queue: Queue
  readonly drafts: readonly Draft[]
  readonly body: EnvelopeBody
  readonly bodyBytes: Uint8Array
  /** Where gossip signs and the topic has no content rule, empty until gossip has. */
  ids: readonly Uint8Array[]
  /** All wire bytes, once they are signed. */
  bytes?: Uint8Array
}

/** What a waiting message costs beside its payload: without it empty messages would wait without bound. */
const draftBytes = 100
export const sizeOf = ({ payload, parents, body }: Draft): number =>
  draftBytes + payload.length + (body?.length ?? 0) + parents.length * 100

/** Whether a message has an envelope of its own. */
const isAlone = ({ parents, reference }: Draft): boolean => parents.length > 0 || reference !== undefined

/** The header of the next envelope of a queue, which begins with this draft. Where gossip signs, it numbers too. */
export function headerOf(
  { rules, sequence }: Queue,
  { time, parents }: Draft,
  { author, epoch }: Pick<EnvelopeHeader, 'author' | 'epoch'>,
): EnvelopeHeader {
  const numbers = rules.format === 'signed' ? { epoch: 0, sequence: 0 } : { epoch, sequence }
  return { author, ...numbers, time, parents, ...(rules.schemaId && { schema: rules.schemaId }) }
}

/**
 * Takes from a queue as many drafts as fit into an envelope with this header: one at least, `countMax` at most. Contents that
 * are known, or come twice, do not travel with others, nor do ids of several lengths, which a record cannot have.
 */
export function takeBatch(
  queue: Queue,
  header: EnvelopeHeader,
  countMax: number,
  isKnown: (contentId: Uint8Array) => boolean,
): readonly Draft[] {
  let size = headerSize(header)
  let count = 0
  const idSize = queue.drafts[0]?.contentId?.length
  const ids = new Set<string>()
  for (const draft of queue.drafts) {
    const { contentId } = draft
    size += messageFieldSize(draft.payload.length)
    const isFull = size > batchBodySizeMax || count >= Math.min(countMax, envelopeMessagesMax)
    if (count > 0 && (isFull || isAlone(draft) || contentId?.length !== idSize)) break
    if (count > 0 && contentId !== undefined && (ids.has(keyOf(contentId)) || isKnown(contentId))) break
    if (contentId !== undefined) ids.add(keyOf(contentId))
    count++
    if (isAlone(draft)) break
  }
  return queue.drafts.splice(0, count)
}

/** The ids that a content rule gave, or undefined on a topic without one. */
export function contentIds(drafts: readonly Draft[]): Uint8Array[] | undefined {
  const ids = drafts.map((draft) => draft.contentId).filter((id) => id !== undefined)
  return ids.length === drafts.length ? ids : undefined
}

/** Whether an id is among some. */
export const hasId = (ids: readonly Uint8Array[], id: Uint8Array): boolean => ids.some((own) => equalBytes(own, id))
