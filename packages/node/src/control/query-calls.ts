import type { Contract, QueryItemView } from '@grapevine/protocol/control'
import type { NodeApi } from '../api.ts'
import type { CallRequest } from './calls.ts'
import type { RouteMatch } from './route-match.ts'

/** What the node does for each route of questions to members that answers with one value. */
export const queryCalls: {
  readonly [Name in 'request' | 'respondAnswer']: (
    api: NodeApi,
    request: CallRequest<Name>,
  ) => Contract[Name]['answer'] | Promise<Contract[Name]['answer']>
} = {
  request: ({ queries }, { params: { peer, name, timeout, relays }, body, signal }) =>
    queries.request(peer, name, body, {
      signal,
      ...(timeout !== undefined && { timeoutMs: timeout }),
      ...(relays !== undefined && { relays }),
    }),
  respondAnswer: ({ queries }, { params: { responder, query, failed }, body }) => {
    const open = queries.responder(responder)
    if (failed === true) open.fail(query, Buffer.from(body).toString())
    else open.answer(query, body)
    return { query }
  },
}

/** What comes of a query; it ends when the client leaves. */
export function askedItems(
  { queries }: NodeApi,
  params: RouteMatch['params'],
  body: Uint8Array,
  signal: AbortSignal,
): AsyncIterable<QueryItemView> {
  // The schema of the route has checked what the type claims.
  const { name, tag, peer, timeout, relays, acknowledge } = params as unknown as Contract['query']['params']
  return queries.ask(name, body, {
    signal,
    ...(tag && { tags: tag }),
    ...(peer && { peers: peer }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(relays !== undefined && { relays }),
    ...(acknowledge !== undefined && { acknowledge }),
  })
}
