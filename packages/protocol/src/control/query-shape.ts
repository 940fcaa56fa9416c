/** Whom to ask, and how long. */
export interface QueryQuery {
  /** What is asked: 1 to 128 of `[A-Za-z0-9._/-]`. */
  readonly name: string
  /** Members whose tags match all of these: `role=relay`, `role=re*`, or `role`; at most 8. */
  readonly tag?: readonly string[]
  /** These members only: each by id, at least 6 characters of its end, or name; at most 64. */
  readonly peer?: readonly string[]
  /** In ms, 1 to 600,000; default 5,000. */
  readonly timeout?: number
  /** Through how many other peers an answer goes too, 0 to 8; default 1. */
  readonly relays?: number
  /** Whether members say that the query came; default true. */
  readonly acknowledge?: boolean
}

/** Whom to ask for one answer. */
export interface RequestQuery {
  /** By id, at least 6 characters of its end, or name. */
  readonly peer: string
  readonly name: string
  readonly timeout?: number
  readonly relays?: number
}

/** A query is on its way. */
export interface QueryBegunView {
  readonly type: 'begun'
  /** Id of the query, hex. */
  readonly query: string
  readonly name: string
  /** Members that are alive and meant, as far as this node knows. */
  readonly members: number
}

/** A member says that the query came. */
export interface AcknowledgementView {
  readonly type: 'acknowledged'
  /** Peer id. */
  readonly peer: string
  /** Answers that it is going to give; 0: it has no responder for this. */
  readonly answers: number
  /** After how many ms it came. */
  readonly ms: number
}

/** An answer: `text` if it is valid UTF-8, else `base64`. */
export interface AnswerView {
  readonly type: 'answer'
  readonly peer: string
  /** From 1; one for each responder of the member. */
  readonly index: number
  readonly size: number
  readonly text?: string
  readonly base64?: string
  readonly ms: number
}

/** A responder of a member failed. */
export interface AnswerFailureView {
  readonly type: 'failed'
  readonly peer: string
  readonly index: number
  /** What the member says of it. */
  readonly reason: string
  readonly ms: number
}

/** The query is over: all that are meant have said what they had to say, or the time is up. */
export interface QueryEndView {
  readonly type: 'ended'
  readonly members: number
  /** Members that acknowledged, those that answered, and those of which a responder failed. */
  readonly acknowledged: number
  readonly answered: number
  readonly failed: number
  /** Members that were meant and of which nothing came, at most 100. */
  readonly silent: readonly string[]
  /** Answers that came faster than they were read; absent: none. */
  readonly dropped?: number
  readonly ms: number
}

/** What comes of a query, in the order in which it comes. */
export type QueryItemView = QueryBegunView | AcknowledgementView | AnswerView | AnswerFailureView | QueryEndView

/** First item of `respond`: from here on queries of this name come. */
export interface ResponderView {
  readonly type: 'responding'
  /** Names this responder in answers. */
  readonly responder: string
  readonly name: string
}

/** A query for a responder. */
export interface AskedView {
  readonly type: 'asked'
  /** Id of the query, hex. */
  readonly query: string
  readonly name: string
  /** Peer id of who asks. */
  readonly origin: string
  readonly size: number
  readonly text?: string
  readonly base64?: string
  /** How long an answer is worth giving, in ms. */
  readonly leftMs: number
}
