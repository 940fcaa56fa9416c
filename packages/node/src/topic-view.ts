import {
  definitionHash,
  equalBytes,
  isDefaultDefinition,
  peerIdFromKey,
  schemaIdSize,
  shortPeer,
  toHex,
  type AuthorDefinition,
  type TopicOtherView,
} from '@grapevine/protocol'
import type { HeldTopic } from './topic/table.ts'
import { topicOf } from './topic/topic.ts'

/** What is known of others that take part in a topic. */
export interface OthersFacts {
  /** What connected peers said: hashes by peer id. */
  readonly said: ReadonlyMap<string, Uint8Array>
  /** What the envelopes of authors say. */
  readonly authors: readonly AuthorDefinition[]
  /** Our own peer id. */
  readonly self: string
}

/** What others mean by a topic; what a peer says of itself counts more than what its last message said. */
export function viewOthers({ topic, hash, rules }: HeldTopic, { said, authors, self }: OthersFacts): TopicOtherView[] {
  const undefinedHash = isDefaultDefinition(topic.definition)
    ? hash
    : definitionHash(topicOf({ name: topic.name }).definition)
  const others = new Map<string, TopicOtherView>()
  for (const [peerId, theirs] of said) {
    others.set(peerId, {
      ...named(peerId),
      by: 'peer',
      agrees: equalBytes(theirs, hash),
      ...(!equalBytes(theirs, undefinedHash) && { schemaId: toHex(theirs.subarray(0, schemaIdSize)) }),
    })
  }
  for (const { author, schemaId } of authors) {
    const peerId = peerIdFromKey(author)
    if (peerId === self || others.has(peerId)) continue
    others.set(peerId, {
      ...named(peerId),
      by: 'message',
      agrees: isSame(schemaId, rules.schemaId),
      ...(schemaId && { schemaId: toHex(schemaId) }),
    })
  }
  return [...others.values()]
}

const named = (peerId: string): { peerId: string; short: string } => ({ peerId, short: shortPeer(peerId) })

const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b)
