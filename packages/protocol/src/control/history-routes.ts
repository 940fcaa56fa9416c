import { topicNamePattern } from '../topic-name.ts'
import type { RouteName } from './contract.ts'
import type { Routes, Schema } from './route.ts'

const topic: Schema = { type: 'string', pattern: topicNamePattern, description: 'topic name' }
const moment: Schema = { type: 'string', minLength: 2, maxLength: 64 }
const consumer: Schema = { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$', description: 'name of a consumer' }
const count: Schema = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }

/** Parameters that say where a reader begins. */
export const startParams: Readonly<Record<'since' | 'last' | 'all', Schema>> = {
  since: { ...moment, description: 'ISO 8601, or a message id' },
  last: count,
  all: { type: 'boolean' },
}

/** Parameters that say how a reader reads. */
export const readerParams: Readonly<Record<'consumer' | 'window' | 'ordered' | 'gapWait', Schema>> = {
  consumer,
  window: { type: 'integer', minimum: 1, maximum: 10_000 },
  ordered: { type: 'string', enum: ['author', 'causal'] },
  gapWait: { type: 'integer', minimum: 1, maximum: 3_600_000 },
}

type HistoryRouteName = Extract<RouteName, 'history' | 'body' | 'export' | 'import' | 'consumers' | `consumer${string}`>

/** Routes of what is kept, and of named readers. */
export const historyRoutes: Routes<HistoryRouteName> = {
  history: {
    method: 'GET',
    path: '/v1/history',
    summary: 'Messages of a held topic that are kept, in the order in which they came',
    params: {
      topic,
      author: { type: 'string', minLength: 1, maxLength: 128 },
      since: moment,
      until: moment,
      last: count,
      id: { type: 'string', pattern: '^[0-9a-fA-F]{2,64}$' },
      reverse: { type: 'boolean' },
    },
    required: ['topic'],
    answer: 'ndjson',
  },
  body: {
    method: 'GET',
    path: '/v1/messages/{id}/body',
    summary: 'The body of a message that is kept, as it was published, however large',
    params: { id: { type: 'string', pattern: '^[0-9a-fA-F]{2,64}$' }, topic },
    required: ['id'],
    answer: 'bytes',
  },
  export: {
    method: 'GET',
    path: '/v1/export',
    summary: 'All that is kept of a held topic, with signatures: a header, then one envelope a line',
    params: { topic },
    required: ['topic'],
    answer: 'ndjson',
  },
  import: {
    method: 'POST',
    path: '/v1/import',
    summary: 'Bring envelopes of an export, one {wire} in base64 a line in, one result a line out, in order',
    params: { topic },
    required: ['topic'],
    body: 'ndjson',
    line: {
      type: 'object',
      properties: { wire: { type: 'string', contentEncoding: 'base64' } },
      required: ['wire'],
      additionalProperties: false,
    },
    answer: 'ndjson',
  },
  consumers: { method: 'GET', path: '/v1/consumers', summary: 'Named readers', answer: 'json' },
  consumer: {
    method: 'GET',
    path: '/v1/consumers/{consumer}',
    summary: 'A named reader, and how far it is',
    params: { consumer },
    required: ['consumer'],
    answer: 'json',
  },
  consumerRemove: {
    method: 'DELETE',
    path: '/v1/consumers/{consumer}',
    summary: 'Forget a named reader that nobody reads for',
    params: { consumer },
    required: ['consumer'],
    answer: 'json',
  },
  consumerReset: {
    method: 'POST',
    path: '/v1/consumers/{consumer}/reset',
    summary: 'Put a named reader at another place; without one, behind everything',
    params: { consumer },
    required: ['consumer'],
    body: { type: 'object', properties: startParams, additionalProperties: false },
    answer: 'json',
  },
  consumerAck: {
    method: 'POST',
    path: '/v1/consumers/{consumer}/ack',
    summary: 'Acknowledge messages by their arrival numbers, in the session that ready named',
    params: { consumer },
    required: ['consumer'],
    body: {
      type: 'object',
      properties: {
        session: { type: 'string', minLength: 1, maxLength: 64 },
        arrivals: { type: 'array', items: count, minItems: 1, maxItems: 10_000 },
      },
      required: ['session', 'arrivals'],
      additionalProperties: false,
    },
    answer: 'json',
  },
}
