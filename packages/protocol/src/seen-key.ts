import { concatBytes } from './bytes.ts'
import type { Sha256 } from './id.ts'
import { encodeUtf8 } from './text.ts'
import type { TopicRules } from './topic.ts'

/**
 * The key of a message in the seen table. An id from signed bytes covers the topic already. A content id does not: the
 * same payload on two topics is two messages, and whoever says it on one first must not silence the other.
 */
export function seenKey(sha256: Sha256, rules: TopicRules, id: Uint8Array): Uint8Array {
  if (rules.contentId === undefined) return id
  return sha256(concatBytes(encodeUtf8(`${rules.name}\0`), id))
}
