import type { CallName, Contract, PublishQuery } from '@grapevine/protocol/control'
import type { NodeApi, PeerWait, PublishOptions } from '../api.ts'
import { openapiDocument } from './openapi.ts'
import { queryCalls } from './query-calls.ts'
import { stateCalls } from './state-calls.ts'

type Body<Name extends CallName> = Contract[Name] extends { readonly body: infer Given } ? Given : undefined
type Answer<Name extends CallName> = Contract[Name]['answer']

/** A checked request. `signal` aborts when the client is gone. */
export interface CallRequest<Name extends CallName> {
  readonly params: Contract[Name]['params']
  readonly body: Body<Name>
  readonly signal: AbortSignal
}

/** What the node does for each route that answers with one value. */
export const calls: {
  readonly [Name in CallName]: (api: NodeApi, request: CallRequest<Name>) => Answer<Name> | Promise<Answer<Name>>
} = {
  status: (api) => api.status(),
  // The server stops the node once this answer is out.
  stop: (api) => ({ pid: api.status().pid }),
  network: (api) => api.network(),
  ticket: (api) => ({ ticket: api.ticket() }),
  peers: (api, { params }) => api.peers(params.all ?? false),
  peerAdd: ({ peering }, { body }) => peering.add(body.address),
  peer: ({ peering }, { params }) => peering.show(params.peer),
  peerRemove: ({ peering }, { params }) => peering.remove(params.peer),
  peerConnect: ({ peering }, { params, body, signal }) => peering.connect(body.peer, peerWait(params.timeout, signal)),
  peerDisconnect: ({ peering }, { params }) => peering.disconnect(params.peer),
  peerPing: ({ peering }, { params, signal }) => peering.ping(params.peer, peerWait(params.timeout, signal)),
  blocked: ({ peering }) => peering.blocked(),
  block: ({ peering }, { body }) => peering.block(body.target),
  allow: ({ peering }, { body: { targets, only = false } }) =>
    targets.length === 0 ? peering.allowAll() : peering.allow(targets, only),
  members: ({ members }, { params }) => members.list(params),
  member: ({ members }, { params }) => members.show(params.member),
  probe: ({ reach }, { params, signal }) => reach.probe(params, signal),
  roundTrips: ({ rtt }, { params, signal }) => rtt.list(params, signal),
  memberForget: ({ members }, { params }) => members.forget(params.member),
  topics: (api) => api.topics(),
  topicHold: (api, { body }) => api.hold(body.topic),
  topicDefine: (api, { body }) => api.define(body.definition, body.replace),
  topicShow: (api, { params }) => api.showTopic(params.topic),
  topicVerify: ({ comparing }, { params: { topic, peer = [], timeout }, signal }) =>
    comparing.verify(topic, peer, peerWait(timeout, signal)),
  topicSync: ({ comparing }, { params: { topic, peer, dryRun = false, timeout }, signal }) =>
    comparing.sync(topic, peer, { ...peerWait(timeout, signal), dryRun }),
  topicRelease: async (api, { params }) => {
    await api.release(params.topic)
    return { topic: params.topic }
  },
  validatorSet: ({ validators }, { body }) => validators.set(body),
  validatorRemove: ({ validators }, { params: { topic } }) => {
    validators.remove(topic)
    return { topic }
  },
  publish: (api, { params, body, signal }) => api.publish(params.topic, body, publishOptions(params, signal)),
  evidence: ({ evidence }) => evidence.list(),
  evidenceShow: ({ evidence }, { params }) => evidence.show(params.id),
  consumers: ({ consumers }) => consumers.list(),
  consumer: ({ consumers }, { params }) => consumers.show(params.consumer),
  consumerRemove: async ({ consumers }, { params: { consumer } }) => {
    await consumers.remove(consumer)
    return { consumer }
  },
  consumerReset: ({ consumers }, { params, body }) => consumers.reset(params.consumer, body),
  consumerAck: ({ consumers }, { params, body }) => consumers.ack(params.consumer, body.session, body.arrivals),
  outbox: ({ outbox }, { params }) => outbox.list(params),
  outboxRetry: ({ outbox }, { body: { id, end } }) => outbox.retry(id, end),
  outboxCancel: ({ outbox }, { body }) => outbox.cancel(body.id, body),
  receipts: ({ receipts }, { params }) => receipts.of(params.id),
  receiptFile: ({ receipts }, { params }) => receipts.file(params.id),
  ...stateCalls,
  ...queryCalls,
  why: (api, { params }) => api.explain(params.id),
  openapi: (api) => openapiDocument(api.status().version),
}

const peerWait = (timeoutMs: number | undefined, signal: AbortSignal): PeerWait =>
  timeoutMs === undefined ? { signal } : { signal, timeoutMs }

/** A publish's query as the node takes it. */
export function publishOptions(query: PublishQuery, signal: AbortSignal): PublishOptions {
  const { waitPeers, timeout, receipts, receiptsFrom, parent } = query
  const wanted = receiptsFrom ?? receipts
  return {
    signal,
    ...(wanted === undefined ? {} : { receipts: wanted }),
    ...(waitPeers === undefined ? {} : { waitPeers }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(parent === undefined ? {} : { parents: parent }),
  }
}
