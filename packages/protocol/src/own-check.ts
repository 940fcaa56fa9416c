import { attempt } from './attempt.ts'
import type { Action } from './event.ts'
import { isContentId, type TopicRules } from './topic.ts'

/** Why a publish is refused. */
export type Refusal = Pick<Action & { type: 'refused' }, 'code' | 'detail'>

/** Holds a payload of our own to the rules of its topic: its content id if the topic has such a rule, or a refusal. */
export function checkOwn(
  rules: TopicRules,
  payload: Uint8Array,
  author: Uint8Array,
): { readonly contentId?: Uint8Array } | Refusal {
  if (payload.length > rules.messageBytesMax) {
    return { code: 'oversize', detail: `${payload.length} bytes; the topic allows ${rules.messageBytesMax}` }
  }
  const wrong = attempt(() => rules.check?.(payload))
  if (wrong.failed) return { code: 'rejected', detail: 'the schema check failed' }
  if (wrong.value !== undefined) return { code: 'bad-schema', detail: wrong.value }
  if (rules.contentId === undefined) return {}
  const id = attempt(() => rules.contentId!(payload, author))
  if (id.failed) return { code: 'rejected', detail: 'the message id rule failed' }
  const contentId = id.value
  if (contentId === undefined) return { code: 'bad-schema', detail: 'it has no id under the topic rule' }
  return isContentId(contentId) ? { contentId } : { code: 'rejected', detail: 'the message id rule gave no id' }
}
