import { topicNamePattern } from '../topic-name.ts'
import type { RouteName } from './contract.ts'
import type { Routes, Schema } from './route.ts'

const topic: Schema = { type: 'string', pattern: topicNamePattern, description: 'topic name' }
const messageId: Schema = { type: 'string', pattern: '^[0-9a-fA-F]{2,64}$' }
const idEnd: Schema = { type: 'string', pattern: '^[0-9a-fA-F]{0,64}$', description: 'last digits of the id' }
const peer: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'peer id, at least 6 characters of its end, or name',
}

/** Parameters of a publish that waits for receipts. */
export const receiptParams: Readonly<Record<'receipts' | 'receiptsFrom', Schema>> = {
  receipts: { type: 'integer', minimum: 1, maximum: 64 },
  receiptsFrom: { type: 'array', items: peer, minItems: 1, maxItems: 64 },
}

type OutboxRouteName = Extract<RouteName, `outbox${string}` | 'receipts' | 'receiptFile'>

/** Routes of own messages that nobody is known to hold, and of receipts. */
export const outboxRoutes: Routes<OutboxRouteName> = {
  outbox: {
    method: 'GET',
    path: '/v1/outbox',
    summary: 'Own messages that are not yet known to be held elsewhere, or not receipted as asked',
    params: {
      topic,
      state: { type: 'string', enum: ['local', 'queued', 'sent', 'held'] },
      limit: { type: 'integer', minimum: 1, maximum: 1000 },
    },
    answer: 'json',
  },
  outboxRetry: {
    method: 'POST',
    path: '/v1/outbox/retry',
    summary: 'Announce messages of the outbox again, one or all, and ask who has them',
    body: { type: 'object', properties: { id: messageId, end: idEnd }, additionalProperties: false },
    answer: 'json',
  },
  outboxCancel: {
    method: 'POST',
    path: '/v1/outbox/cancel',
    summary: 'Take back a message that has not left this node; with `envelope` those signed together with it too',
    body: {
      type: 'object',
      properties: { id: messageId, end: idEnd, envelope: { type: 'boolean' } },
      required: ['id'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  receipts: {
    method: 'GET',
    path: '/v1/messages/{id}/receipts',
    summary: 'Who has signed that they stored a message',
    params: { id: messageId },
    required: ['id'],
    answer: 'json',
  },
  receiptFile: {
    method: 'GET',
    path: '/v1/messages/{id}/receipts.json',
    summary: 'The receipts of a message as a file that anybody can check',
    params: { id: messageId },
    required: ['id'],
    answer: 'json',
  },
}
