import { checkTopicName, messageSizeMax, wireTopic, type Judgement, type Message, type TopicRules } from '@grapevine/protocol'
import { NodeError } from './error.ts'

/** What a validator says: a verdict, alone or with a reason for the journal. */
export type ValidatorAnswer = Judgement['verdict'] | { readonly verdict: Judgement['verdict']; readonly reason?: string }

/** The rules of a topic in a program. */
export interface TopicDefinition {
  /** `[A-Za-z0-9._/-]{1,128}` */
  readonly name: string
  /** Content rule: the message id, 1 to 32 bytes, from everything that is validated. Default: from the signed bytes. */
  readonly id?: (payload: Uint8Array, author: Uint8Array) => Uint8Array
  /** Judges one message. A throw or no answer within `validateTimeoutMs` is our failure: the message is ignored. */
  readonly validate?: (message: Message) => ValidatorAnswer | Promise<ValidatorAnswer>
  /** Default 5,000. */
  readonly validateTimeoutMs?: number
  /** Validators at work at once; others wait. Default 64. */
  readonly validateConcurrency?: number
  /** Largest payload in bytes. Default and most: what fits into an envelope, about 59,800. */
  readonly messageBytesMax?: number
}

/** Checks a definition. Error `usage`. */
export function defineTopic(definition: TopicDefinition): TopicDefinition {
  refuseBadName(definition.name)
  const { messageBytesMax } = definition
  if (messageBytesMax !== undefined && !(messageBytesMax >= 0 && messageBytesMax <= messageSizeMax)) {
    throw new NodeError('usage', `messageBytesMax of ${definition.name} is ${messageBytesMax}`, `take 0 to ${messageSizeMax}`)
  }
  return definition
}

/** Throws `usage` for a name that no topic can have. */
export function refuseBadName(name: string): void {
  const check = checkTopicName(name)
  if (check.ok) return
  if (check.code === 'wildcard') {
    throw new NodeError('usage', 'a topic name has no wildcards', 'to read several topics name each, or use --match GLOB over held topics')
  }
  throw new NodeError('usage', 'a topic name has 1 to 128 of A-Z a-z 0-9 . _ / -', 'for example: chat, or sensors/kitchen')
}

/** The definition as the machine applies it. */
export const rulesOf = (definition: TopicDefinition, networkId: Uint8Array): TopicRules => ({
  name: definition.name,
  wireName: wireTopic(networkId, definition.name),
  messageBytesMax: definition.messageBytesMax ?? messageSizeMax,
  judged: definition.validate !== undefined,
  authorRateMax: Infinity,
  ...(definition.id && { contentId: definition.id }),
})
