import { defineTopic, type Topic } from '@grapevine/node'
import { headerId, headerTopic, judgeHeader } from './header-rule.ts'
import { payloadBytesMax } from './judgement.ts'
import { judgeTransaction, transactionId, transactionTopic } from './transaction-rule.ts'

/** The topics that carry a block, with the rules that every node applies for itself. */
export const blockTopics: readonly Topic<Uint8Array>[] = [
  defineTopic({
    name: headerTopic,
    id: headerId,
    validate: ({ payload }) => judgeHeader(payload),
    messageBytesMax: payloadBytesMax,
  }),
  defineTopic({
    name: transactionTopic,
    id: transactionId,
    validate: ({ payload }) => judgeTransaction(payload),
    messageBytesMax: payloadBytesMax,
  }),
]
