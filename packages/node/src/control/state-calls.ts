import type { Contract, SharedView, StateWriteView } from '@grapevine/protocol/control'
import type { NodeApi } from '../api.ts'
import type { SharedEntry, StateEntry } from '../cluster/state-api.ts'
import { NodeError } from '../error.ts'
import { bytesOfInput, previewEntry, previewShared, viewEntry, viewShared } from '../state/view.ts'
import type { CallRequest } from './calls.ts'

type StateCall = Exclude<
  Extract<keyof Contract, `state${string}` | `shared${string}` | `counter${string}` | `group${string}`>,
  'stateWatch' | 'sharedWatch'
>

/** What the node does for each route of replicated state that answers with one value. */
export const stateCalls: {
  readonly [Name in StateCall]: (
    api: NodeApi,
    request: CallRequest<Name>,
  ) => Contract[Name]['answer'] | Promise<Contract[Name]['answer']>
} = {
  state: ({ state }, { params }) => state.list(params).map(previewEntry),
  stateValue: ({ state }, { params: { key, of } }) => viewEntry(present(state.get(key, of), key, of)),
  stateSet: async (api, { body: { writes } }) => {
    const version = await api.state.write(writes.map(({ key, ...value }) => ({ key, value: bytesOfInput(value) })))
    return written(api, version, writes)
  },
  stateRemove: async (api, { params: { key } }) => {
    const version = await api.state.remove(...key)
    return written(
      api,
      version,
      key.map((each) => ({ key: each })),
    )
  },
  shared: ({ state }, { params }) => state.listShared(params).map(previewShared),
  sharedValue: ({ state }, { params: { key } }) => viewShared(presentShared(state.shared.get(key), key)),
  sharedSet: async ({ state }, { body: { key, ...value } }) =>
    viewShared(await state.shared.set(key, bytesOfInput(value))),
  sharedRemove: async ({ state }, { params: { key } }) => {
    await state.shared.remove(key)
    return { key }
  },
  counter: ({ state }, { params: { key } }): SharedView => viewShared(state.counter.get(key)),
  counterAdd: async ({ state }, { body: { key, by } }) => viewShared(await state.counter.add(key, by)),
  group: ({ state }, { params: { key } }) => viewShared(state.group.get(key)),
  groupChange: async ({ state }, { body: { key, add = [], remove = [] } }) =>
    viewShared(await state.group.change(key, { add: add.map(bytesOfInput), remove: remove.map(bytesOfInput) })),
}

function written(api: NodeApi, version: number, writes: readonly { readonly key: string }[]): StateWriteView {
  const { peerId, epoch } = api.state
  return { peerId, epoch, version, keys: writes.map(({ key }) => key) }
}

function present(entry: StateEntry | undefined, key: string, of: string | undefined): StateEntry {
  if (entry !== undefined) return entry
  throw new NodeError(
    'not-found',
    of === undefined ? `this node has no key ${key}` : `${of} has no key ${key}, as far as this node knows`,
    `see: grapevine state ls ${of === undefined ? '--all' : `--of ${of}`}`,
  )
}

function presentShared(entry: SharedEntry | undefined, key: string): SharedEntry {
  if (entry !== undefined) return entry
  throw new NodeError('not-found', `no shared value is called ${key}`, 'see: grapevine state shared ls')
}
