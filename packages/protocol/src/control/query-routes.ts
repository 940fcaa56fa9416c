import { topicNamePattern } from '../topic-name.ts'
import type { RouteName } from './contract.ts'
import type { Routes, Schema } from './route.ts'

const name: Schema = { type: 'string', pattern: topicNamePattern, description: 'name of a query' }
const peer: Schema = { type: 'string', minLength: 1, maxLength: 128, description: 'peer id, its end, or name' }
const timeout: Schema = { type: 'integer', minimum: 1, maximum: 600_000, description: 'ms' }
const relays: Schema = { type: 'integer', minimum: 0, maximum: 8 }

type QueryRouteName = Extract<RouteName, 'query' | 'request' | 'respond' | 'respondAnswer'>

/** Routes of questions to members. */
export const queryRoutes: Routes<QueryRouteName> = {
  query: {
    method: 'POST',
    path: '/v1/query',
    summary: 'Ask members; the body is the question. What comes back, one item a line, the last one `ended`',
    params: {
      name,
      tag: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 513 }, maxItems: 8 },
      peer: { type: 'array', items: peer, maxItems: 64 },
      timeout,
      relays,
      acknowledge: { type: 'boolean' },
    },
    required: ['name'],
    body: 'bytes',
    answer: 'ndjson',
  },
  request: {
    method: 'POST',
    path: '/v1/request',
    summary: 'Ask one member for one answer; the body is the question',
    params: { peer, name, timeout, relays },
    required: ['peer', 'name'],
    body: 'bytes',
    answer: 'json',
  },
  respond: {
    method: 'GET',
    path: '/v1/respond',
    summary: 'Be a responder: first `responding`, then the queries of this name, until the client leaves',
    params: { name },
    required: ['name'],
    answer: 'events',
  },
  respondAnswer: {
    method: 'POST',
    path: '/v1/respond/{responder}/{query}',
    summary: 'Answer a query with the body, at most 16,384 bytes; with `failed` the body says why there is no answer',
    params: {
      responder: { type: 'string', pattern: '^[0-9a-f]{32}$' },
      query: { type: 'string', pattern: '^[0-9a-f]{32}$' },
      failed: { type: 'boolean' },
    },
    required: ['responder', 'query'],
    body: 'bytes',
    answer: 'json',
  },
}
