import type { QueryApi } from '../cluster/query-api.ts'
import { NodeError } from '../error.ts'

const refuse = (): never => {
  throw new NodeError('usage', 'a network of dialect pubsub has no queries: other programs would not know of them')
}

/** The queries of a node in a network that has none: all is error `usage`. */
export const noQueries: QueryApi = {
  ask: refuse,
  request: () => Promise.try(refuse),
  respond: refuse,
  responder: refuse,
}
