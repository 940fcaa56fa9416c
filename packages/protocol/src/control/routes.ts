import { topicGlobPattern } from '../topic-glob.ts'
import { topicNamePattern } from '../topic-name.ts'
import { historyRoutes, readerParams, startParams } from './history-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { outboxRoutes, receiptParams } from './outbox-routes.ts'
import { probeRoutes } from './probe-routes.ts'
import { queryRoutes } from './query-routes.ts'
import { validatorRoutes } from './validator-routes.ts'
import type { Routes, Schema } from './route.ts'
import { roundTripRoutes } from './round-trip-routes.ts'
import { stateRoutes } from './state-routes.ts'

export type { Route, Schema } from './route.ts'

const topic: Schema = { type: 'string', pattern: topicNamePattern, description: 'topic name' }
const milliseconds: Schema = { type: 'integer', minimum: 0, maximum: 86_400_000 }
const lineInput: Schema = {
  description: '{"text": …} or {"base64": …}',
  oneOf: [
    { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false },
    {
      type: 'object',
      properties: { base64: { type: 'string', contentEncoding: 'base64' } },
      required: ['base64'],
      additionalProperties: false,
    },
  ],
}
const peer: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'peer id, at least 6 characters of its end, or name',
}
const peerAddress: Schema = { type: 'string', minLength: 1, maxLength: 400, description: 'multiaddr on TCP' }
const peers: Schema = { type: 'integer', minimum: 0, maximum: 10_000 }

const parents: Schema = {
  type: 'array',
  items: { type: 'string', pattern: '^[0-9a-fA-F]{6,64}$' },
  maxItems: 64,
}

/** All routes by name. */
export const routes: Routes = {
  status: { method: 'GET', path: '/v1/status', summary: 'The node, its peers and topics', answer: 'json' },
  stop: { method: 'POST', path: '/v1/stop', summary: 'Leave the network and end the process', answer: 'json' },
  network: { method: 'GET', path: '/v1/network', summary: 'The network of this node', answer: 'json' },
  ticket: { method: 'GET', path: '/v1/network/ticket', summary: 'A ticket that lets others join', answer: 'json' },
  peers: {
    method: 'GET',
    path: '/v1/peers',
    summary: 'Connected peers, or all that are known',
    params: { all: { type: 'boolean' } },
    answer: 'json',
  },
  peerAdd: {
    method: 'POST',
    path: '/v1/peers',
    summary: 'Keep a peer: dial it for ever, across restarts',
    body: { type: 'object', properties: { address: peerAddress }, required: ['address'], additionalProperties: false },
    answer: 'json',
  },
  peer: {
    method: 'GET',
    path: '/v1/peers/{peer}',
    summary: 'All that is known of a peer',
    params: { peer },
    required: ['peer'],
    answer: 'json',
  },
  peerRemove: {
    method: 'DELETE',
    path: '/v1/peers/{peer}',
    summary: 'Forget a peer and its addresses; a connection stays open',
    params: { peer },
    required: ['peer'],
    answer: 'json',
  },
  peerConnect: {
    method: 'POST',
    path: '/v1/connect',
    summary: 'Dial a known peer, or an address with or without peer id',
    params: { timeout: milliseconds },
    body: {
      type: 'object',
      properties: { peer: { type: 'string', minLength: 1, maxLength: 400 } },
      required: ['peer'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  peerDisconnect: {
    method: 'POST',
    path: '/v1/peers/{peer}/disconnect',
    summary: 'Close the connections to a peer, and dial it no more until told to',
    params: { peer },
    required: ['peer'],
    answer: 'json',
  },
  peerPing: {
    method: 'POST',
    path: '/v1/peers/{peer}/ping',
    summary: 'Measure the round trip to a connected peer',
    params: { peer, timeout: milliseconds },
    required: ['peer'],
    answer: 'json',
  },
  blocked: { method: 'GET', path: '/v1/blocked', summary: 'Whom this node keeps out', answer: 'json' },
  block: {
    method: 'POST',
    path: '/v1/blocked',
    summary: 'Keep out a peer, an IP or a range, across restarts; ends its connections',
    body: { type: 'object', properties: { target: peer }, required: ['target'], additionalProperties: false },
    answer: 'json',
  },
  allow: {
    method: 'POST',
    path: '/v1/allowed',
    summary: 'Let in again; with `only`, let in nobody else; with no targets, let in everyone who is not blocked',
    body: {
      type: 'object',
      properties: { targets: { type: 'array', items: peer, maxItems: 256 }, only: { type: 'boolean' } },
      required: ['targets'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  topics: { method: 'GET', path: '/v1/topics', summary: 'Held topics', answer: 'json' },
  topicHold: {
    method: 'POST',
    path: '/v1/topics',
    summary: 'Hold a topic: subscribe and relay, across restarts',
    body: { type: 'object', properties: { topic }, required: ['topic'], additionalProperties: false },
    answer: 'json',
  },
  topicDefine: {
    method: 'POST',
    path: '/v1/topics/definition',
    summary: 'Hold a topic under a definition, across restarts; with `replace` also where another one is in force',
    body: {
      type: 'object',
      properties: { definition: { type: 'object' }, replace: { type: 'boolean' } },
      required: ['definition'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  topicShow: {
    method: 'GET',
    path: '/v1/topics/definition',
    summary: 'The definition of a held topic, its hash, and who goes by it',
    params: { topic },
    required: ['topic'],
    answer: 'json',
  },
  topicVerify: {
    method: 'POST',
    path: '/v1/topics/verify',
    summary: 'The stores of these peers, or of all that can be reached, beside that of this node',
    params: { topic, peer: { type: 'array', items: peer, maxItems: 256 }, timeout: milliseconds },
    required: ['topic'],
    answer: 'json',
  },
  topicSync: {
    method: 'POST',
    path: '/v1/topics/sync',
    summary: 'Make the stores of this node and a peer equal, or say what that would do',
    params: { topic, peer, dryRun: { type: 'boolean' }, timeout: milliseconds },
    required: ['topic', 'peer'],
    answer: 'json',
  },
  topicRelease: {
    method: 'DELETE',
    path: '/v1/topics',
    summary: 'Hold a topic no longer',
    params: { topic },
    required: ['topic'],
    answer: 'json',
  },
  publish: {
    method: 'POST',
    path: '/v1/publish',
    summary: 'Publish the body as one message',
    params: { topic, waitPeers: peers, ...receiptParams, timeout: milliseconds, parent: parents },
    required: ['topic'],
    body: 'bytes',
    answer: 'json',
  },
  publishLines: {
    method: 'POST',
    path: '/v1/publish/lines',
    summary: 'Publish many messages: one {text} or {base64} a line in, one result a line out, in order',
    params: { topic, waitPeers: peers, ...receiptParams, timeout: milliseconds, parent: parents },
    required: ['topic'],
    body: 'ndjson',
    line: lineInput,
    answer: 'ndjson',
  },
  subscribe: {
    method: 'GET',
    path: '/v1/subscribe',
    summary:
      'Messages, kept ones and those that come: of topics by name, which are then held, by glob over held topics, or of a consumer',
    params: {
      topic: { type: 'array', items: topic, maxItems: 256 },
      match: { type: 'array', items: { type: 'string', pattern: topicGlobPattern }, maxItems: 16 },
      ...startParams,
      ...readerParams,
    },
    resumes: true,
    answer: 'events',
  },
  evidence: {
    method: 'GET',
    path: '/v1/evidence',
    summary: 'Proof that authors signed two different messages under one number',
    answer: 'json',
  },
  evidenceShow: {
    method: 'GET',
    path: '/v1/evidence/{id}',
    summary: 'A piece of evidence, with what the two envelopes say, and as a file',
    params: { id: { type: 'string', pattern: '^[0-9a-fA-F]{2,64}$' } },
    required: ['id'],
    answer: 'json',
  },
  ...historyRoutes,
  ...memberRoutes,
  ...outboxRoutes,
  ...probeRoutes,
  ...queryRoutes,
  ...roundTripRoutes,
  ...validatorRoutes,
  ...stateRoutes,
  why: {
    method: 'GET',
    path: '/v1/messages/{id}/why',
    summary: 'What this node did with a message',
    params: { id: { type: 'string', pattern: '^[0-9a-fA-F]{2,64}$' } },
    required: ['id'],
    answer: 'json',
  },
  logs: {
    method: 'GET',
    path: '/v1/logs',
    summary: 'The last lines of the log, and those that come',
    params: {
      level: { type: 'string', enum: ['error', 'warn', 'info', 'debug', 'trace'] },
      last: { type: 'integer', minimum: 0, maximum: 10_000 },
    },
    answer: 'events',
  },
  openapi: { method: 'GET', path: '/v1/openapi.json', summary: 'This API as OpenAPI 3.1', answer: 'json' },
}
