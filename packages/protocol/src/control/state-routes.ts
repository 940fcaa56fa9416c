import type { RouteName } from './contract.ts'
import type { Routes, Schema } from './route.ts'

const key: Schema = { type: 'string', minLength: 1, maxLength: 256, description: 'key' }
const keyGlob: Schema = { type: 'string', minLength: 1, maxLength: 256, description: 'glob over keys: * and ?' }
const of: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'peer id, at least 6 characters of its end, or name',
}
const limit: Schema = { type: 'integer', minimum: 1, maximum: 10_000 }
const globs: Schema = { type: 'array', items: keyGlob, maxItems: 16 }
const kind: Schema = { type: 'string', enum: ['value', 'counter', 'group'] }

/** An object with a value in one of its two forms, and what else there is to be. */
const withValue = (properties: Readonly<Record<string, Schema>> = {}): Schema => ({
  description: '{"text": …} or {"base64": …}',
  oneOf: [
    { text: { type: 'string' } satisfies Schema },
    { base64: { type: 'string', contentEncoding: 'base64' } satisfies Schema },
  ].map((form) => ({
    type: 'object',
    properties: { ...properties, ...form },
    required: [...Object.keys(properties), ...Object.keys(form)],
    additionalProperties: false,
  })),
})

const elements: Schema = { type: 'array', items: withValue(), maxItems: 1024 }

type StateRouteName = Extract<RouteName, `state${string}` | `shared${string}` | `counter${string}` | `group${string}`>

/** Routes of replicated state: each node's own map, and keys that several nodes write together. */
export const stateRoutes: Routes<StateRouteName> = {
  state: {
    method: 'GET',
    path: '/v1/state',
    summary: 'Keys of this node, of a peer, or of all, with the beginning of their values',
    params: { of, all: { type: 'boolean' }, match: keyGlob, limit },
    answer: 'json',
  },
  stateValue: {
    method: 'GET',
    path: '/v1/state/value',
    summary: 'A key of this node, or of a peer, with its value',
    params: { key, of },
    required: ['key'],
    answer: 'json',
  },
  stateSet: {
    method: 'POST',
    path: '/v1/state',
    summary: 'Write keys of this node, all or none; answers when they are signed and on disk',
    body: {
      type: 'object',
      properties: { writes: { type: 'array', items: withValue({ key }), minItems: 1, maxItems: 1024 } },
      required: ['writes'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  stateRemove: {
    method: 'DELETE',
    path: '/v1/state',
    summary: 'Delete keys of this node, all or none; answers when that is signed and on disk',
    params: { key: { type: 'array', items: key, minItems: 1, maxItems: 1024 } },
    required: ['key'],
    answer: 'json',
  },
  stateWatch: {
    method: 'GET',
    path: '/v1/state/watch',
    summary: 'Keys that are there, then changes as this node hears of them',
    params: { of, match: globs, new: { type: 'boolean' } },
    resumes: true,
    answer: 'events',
  },
  shared: {
    method: 'GET',
    path: '/v1/shared',
    summary: 'Keys that several nodes write together',
    params: { kind, match: keyGlob, limit },
    answer: 'json',
  },
  sharedWatch: {
    method: 'GET',
    path: '/v1/shared/watch',
    summary: 'Shared keys that are there, then each that becomes another',
    params: { match: globs, new: { type: 'boolean' } },
    resumes: true,
    answer: 'events',
  },
  sharedValue: {
    method: 'GET',
    path: '/v1/shared/value',
    summary: 'A shared value: the last write',
    params: { key },
    required: ['key'],
    answer: 'json',
  },
  sharedSet: {
    method: 'POST',
    path: '/v1/shared/value',
    summary: 'Write a shared value, over all writes that this node has seen',
    body: withValue({ key }),
    answer: 'json',
  },
  sharedRemove: {
    method: 'DELETE',
    path: '/v1/shared/value',
    summary: 'Delete a shared value, over all writes that this node has seen',
    params: { key },
    required: ['key'],
    answer: 'json',
  },
  counter: {
    method: 'GET',
    path: '/v1/shared/counter',
    summary: 'What a shared counter stands at; 0 if nobody has counted',
    params: { key },
    required: ['key'],
    answer: 'json',
  },
  counterAdd: {
    method: 'POST',
    path: '/v1/shared/counter',
    summary: 'Add to a shared counter, or take away',
    body: {
      type: 'object',
      properties: {
        key,
        by: { type: 'integer', minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      },
      required: ['key', 'by'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  group: {
    method: 'GET',
    path: '/v1/shared/group',
    summary: 'The elements of a shared group; none if nobody has added any',
    params: { key },
    required: ['key'],
    answer: 'json',
  },
  groupChange: {
    method: 'POST',
    path: '/v1/shared/group',
    summary: 'Add elements to a shared group, and remove elements; adding wins over a removal that has not seen it',
    body: {
      type: 'object',
      properties: { key, add: elements, remove: elements },
      required: ['key'],
      additionalProperties: false,
    },
    answer: 'json',
  },
}
