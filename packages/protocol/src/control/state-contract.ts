import type { GapView } from './shape.ts'
import type {
  SharedChangeView,
  SharedQuery,
  SharedView,
  SharedWatchQuery,
  StateChangeView,
  StateInput,
  StateQuery,
  StateView,
  StateWatchQuery,
  StateWriteView,
  ValueInput,
  WatchReadyView,
} from './state-shape.ts'

interface OneKey {
  readonly key: string
}

/** Parameters, body and answer of the routes of replicated state. */
export interface StateContract {
  /** In order of owners (our own first) and keys. */
  readonly state: { params: StateQuery; answer: readonly StateView[] }
  readonly stateValue: { params: OneKey & { readonly of?: string }; answer: StateView }
  readonly stateSet: { params: {}; body: { readonly writes: readonly StateInput[] }; answer: StateWriteView }
  readonly stateRemove: { params: { readonly key: readonly string[] }; answer: StateWriteView }
  readonly stateWatch: { params: StateWatchQuery; answer: StateChangeView | WatchReadyView | GapView }
  /** In order of keys. */
  readonly shared: { params: SharedQuery; answer: readonly SharedView[] }
  readonly sharedWatch: { params: SharedWatchQuery; answer: SharedChangeView | WatchReadyView | GapView }
  readonly sharedValue: { params: OneKey; answer: SharedView }
  readonly sharedSet: { params: {}; body: StateInput; answer: SharedView }
  readonly sharedRemove: { params: OneKey; answer: OneKey }
  readonly counter: { params: OneKey; answer: SharedView }
  readonly counterAdd: { params: {}; body: OneKey & { readonly by: number }; answer: SharedView }
  readonly group: { params: OneKey; answer: SharedView }
  readonly groupChange: {
    params: {}
    body: OneKey & { readonly add?: readonly ValueInput[]; readonly remove?: readonly ValueInput[] }
    answer: SharedView
  }
}
