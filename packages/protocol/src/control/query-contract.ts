import type { AnswerView, AskedView, QueryItemView, QueryQuery, RequestQuery, ResponderView } from './query-shape.ts'

/** The routes of questions to members that answer item by item. */
export type QueryStreamName = 'query' | 'respond'

/** Parameters, body and answer of the routes of questions to members. */
export interface QueryContract {
  readonly query: { params: QueryQuery; body: Uint8Array; answer: QueryItemView }
  readonly request: { params: RequestQuery; body: Uint8Array; answer: AnswerView }
  readonly respond: { params: { readonly name: string }; answer: ResponderView | AskedView }
  readonly respondAnswer: {
    params: { readonly responder: string; readonly query: string; readonly failed?: boolean }
    body: Uint8Array
    answer: { readonly query: string }
  }
}
