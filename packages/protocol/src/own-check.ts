import { attempt } from './attempt.ts'
import { toHex } from './bytes.ts'
import { messageSizeMax } from './envelope.ts'
import { isPutOff } from './defer/ask.ts'
import type { Action, Judgement } from './event.ts'
import { isFetched } from './own-bodies.ts'
import { isContentId, type TopicRules } from './topic.ts'

/** Why a publish is refused. */
export type Refusal = Pick<Action & { type: 'refused' }, 'code' | 'detail'>

/** What a user publishes. */
interface OwnMessage {
  readonly payload: Uint8Array
  readonly parents?: readonly Uint8Array[] | undefined
  readonly author: Uint8Array
}

/** What a parent takes of an envelope. */
const parentSize = 34

/** Holds a payload of our own to the rules of its topic: its content id if the topic has such a rule, or a refusal. */
export function checkOwn(
  rules: TopicRules,
  { payload, parents = [], author }: OwnMessage,
): { readonly contentId?: Uint8Array } | Refusal {
  if (payload.length > rules.messageBytesMax) {
    return { code: 'oversize', detail: `${payload.length} bytes; the topic allows ${rules.messageBytesMax}` }
  }
  if (parents.length > 0 && rules.format !== 'envelope')
    return { code: 'rejected', detail: `a ${rules.format} message has no parents` }
  const room = messageSizeMax - parents.length * parentSize
  if (payload.length > room && !isFetched(rules, payload)) {
    return { code: 'oversize', detail: `${payload.length} bytes; beside ${parents.length} parents ${room} fit` }
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

/** How a publish of ours is refused that the topic's validator did not accept. */
export function refusalOf(judgement: Judgement | undefined): Refusal {
  const { reason, failed, verdict = 'no answer', waitFor = [], forMs } = judgement ?? {}
  if (!isPutOff(judgement) || judgement === undefined) return { code: 'rejected', detail: reason ?? failed ?? verdict }
  const ids = waitFor.slice(0, 4).map((id) => toHex(id.subarray(0, 6)))
  const waits = ids.length > 0 ? `it waits for ${ids.join(', ')}` : forMs === undefined ? 'not now' : `for ${forMs} ms`
  return {
    code: 'deferred',
    detail: [failed === undefined ? waits : 'the validator failed', reason].filter(Boolean).join(': '),
  }
}
