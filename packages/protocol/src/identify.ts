import type { EnvelopeBody } from './envelope.ts'
import { messageIds, type Sha256 } from './id.ts'
import { blame } from './reading.ts'
import { signedMessageId } from './signed.ts'
import { isContentId, isKept, type TopicRules } from './topic.ts'
import { decide, type Decision } from './verdict.ts'

/**
 * Ids of all messages that came, by the topic's rule, or why they have none; `from`: what their author signed, or the gossip
 * id where gossip signs. Total.
 */
export function identify(
  rules: TopicRules,
  body: EnvelopeBody,
  from: Uint8Array | string,
  sha256: Sha256,
): readonly Uint8Array[] | Decision {
  const { contentId } = rules
  if (contentId === undefined)
    return typeof from === 'string' ? [signedMessageId(sha256, from)] : messageIds(sha256, from, body.messages.length)
  // No reject: whoever keeps nothing may pass it on.
  if (isKept(rules) && body.messages.length > 1 && rules.isShared !== true)
    return decide('other-definition', 'several messages, though ids come from content')
  if (body.reference !== undefined)
    return body.reference.id === undefined
      ? blame(rules, body, decide('bad-schema', 'its body is elsewhere, and has no id'))
      : [body.reference.id]
  const ids: Uint8Array[] = []
  try {
    for (const payload of body.messages) {
      const id = contentId(payload, body.author)
      if (id === undefined) return blame(rules, body, decide('bad-schema', 'it has no id under the topic rule'))
      if (!isContentId(id)) return decide('validator-failed', 'the message id rule gave no id')
      ids.push(id)
    }
  } catch {
    return decide('validator-failed', 'the message id rule failed')
  }
  // A record of the store has ids of one length.
  if (isKept(rules) && ids.some(({ length }) => length !== ids[0]!.length))
    return decide('other-definition', 'ids of several lengths in one envelope')
  return ids
}
