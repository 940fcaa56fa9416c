import { topicNamePattern } from '../topic-name.ts'
import type { Routes, Schema } from './route.ts'

const topic: Schema = { type: 'string', pattern: topicNamePattern, description: 'topic name' }

/** Routes about validators outside of the node. */
export const validatorRoutes: Routes<'validatorSet' | 'validatorRemove' | 'validate'> = {
  validatorSet: {
    method: 'POST',
    path: '/v1/topics/validator',
    summary: 'Have a topic judged by a command, or by a client with `validate`; on the socket of the home only',
    isLocal: true,
    body: {
      type: 'object',
      properties: {
        topic,
        command: { type: 'string', minLength: 1, maxLength: 4_096 },
        directory: { type: 'string', minLength: 1, maxLength: 4_096 },
        onFailure: { type: 'string', enum: ['defer', 'accept', 'ignore'] },
        timeoutMs: { type: 'integer', minimum: 10, maximum: 60_000 },
      },
      required: ['topic'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  validatorRemove: {
    method: 'DELETE',
    path: '/v1/topics/validator',
    summary: 'Have a topic judged by nobody any more',
    params: { topic },
    required: ['topic'],
    answer: 'json',
  },
  validate: {
    method: 'POST',
    path: '/v1/topics/validate',
    summary: 'Judge a topic: one message a line out, one answer a line in, in the same order',
    params: { topic },
    required: ['topic'],
    body: 'ndjson',
    line: { type: 'object' },
    asks: true,
    answer: 'ndjson',
  },
}
