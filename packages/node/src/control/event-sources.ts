import type {
  Contract,
  GapView,
  LogView,
  MessageView,
  ReadyView,
  ResponderView,
  RouteName,
  SharedChangeView,
  StateChangeView,
  WatchReadyView,
} from '@grapevine/protocol/control'
import type { NodeApi } from '../api.ts'
import type { QueryApi } from '../cluster/query-api.ts'
import type { Watch } from '../cluster/state-api.ts'
import { NodeError } from '../error.ts'
import { viewChange, viewSharedChange } from '../state/view.ts'
import type { EventSource } from './event-stream.ts'
import type { RouteMatch } from './route-match.ts'

type Open = (
  api: NodeApi,
  params: RouteMatch['params'],
  after: string | undefined,
) => EventSource<unknown> | Promise<EventSource<unknown>>

// The schemas of the routes have checked what the types claim.
const sources: Readonly<Partial<Record<RouteName, Open>>> = {
  subscribe: (api, params, after) => subscription(api, params, after),
  logs: (api, params) => ({ items: api.logs(params), nameOf: nameOf('line') }),
  memberWatch: ({ members }, params) => ({ items: members.watch(params), nameOf: nameOf('member') }),
  stateWatch: ({ state }, params, after) => changes(state.watch({ ...params, ...place(after) }), viewChange),
  sharedWatch: ({ state }, params, after) =>
    changes(state.watchShared({ ...params, ...place(after) }), viewSharedChange),
  respond: ({ queries }, params) => responding(queries, String(params['name'])),
}

/** What the node does for a route that answers with events; undefined for other routes. `after`: where to go on. */
export const eventsOf = (
  api: NodeApi,
  { name, params }: RouteMatch,
  after: string | undefined,
): ReturnType<Open> | undefined => sources[name]?.(api, params, after)

type Item = MessageView | LogView | StateChangeView | SharedChangeView | WatchReadyView | GapView

const nameOf =
  (other: string) =>
  (item: unknown): string => {
    if ('gap' in (item as Item)) return 'gap'
    return 'ready' in (item as Item) ? 'ready' : other
  }

const place = (after: string | undefined): { readonly after?: string } => (after === undefined ? {} : { after })

async function subscription(
  api: NodeApi,
  { topic = [], match = [], gapWait, ...how }: Contract['subscribe']['params'],
  after: string | undefined,
): Promise<EventSource<unknown>> {
  if (topic.length + match.length === 0 && how.consumer === undefined)
    throw new NodeError('usage', 'the request names no topic, no glob and no consumer')
  const wait = gapWait !== undefined && { gapWaitMs: gapWait }
  const items = await api.subscribe(topic, { match, ...how, ...place(after), ...wait })
  const { peers, consumer } = items
  const ready: ReadyView = { ready: peers, ...(consumer && { consumer }) }
  return { items, nameOf: nameOf('message'), first: { event: 'ready', data: ready } }
}

function responding(queries: QueryApi, name: string): EventSource<unknown> {
  const items = queries.respond(name)
  const ready: ResponderView = { type: 'responding', responder: items.id, name }
  return { items, nameOf: () => 'asked', first: { event: ready.type, data: ready } }
}

/** A watch as the control API shows it. */
function changes<Change extends object>(watch: Watch<Change>, view: (change: Change) => object): EventSource<unknown> {
  const items = {
    get cursor() {
      return watch.cursor
    },
    close: () => watch.close(),
    async *[Symbol.asyncIterator]() {
      for await (const item of watch) yield 'ready' in item || 'gap' in item ? item : view(item)
    },
  }
  return { items, nameOf: nameOf('change') }
}
