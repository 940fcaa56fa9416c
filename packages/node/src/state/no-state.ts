import type { StateApi } from '../cluster/state-api.ts'
import { NodeError } from '../error.ts'

const refuse = (): never => {
  throw new NodeError('usage', 'a network of dialect pubsub has no state: other programs would not know of it')
}
const reject = (): Promise<never> => Promise.try(refuse)

/** The state of a node in a network that has none: all is error `usage`. */
export const noState: StateApi = {
  peerId: '',
  epoch: 0,
  set: reject,
  write: reject,
  remove: reject,
  get: refuse,
  list: refuse,
  watch: refuse,
  shared: { get: refuse, set: reject, remove: reject },
  counter: { get: refuse, add: reject },
  group: { get: refuse, add: reject, remove: reject, change: reject },
  listShared: refuse,
  watchShared: refuse,
}
