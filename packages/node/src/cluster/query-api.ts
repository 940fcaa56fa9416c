import type { AnswerView, AskedView, QueryItemView } from '@grapevine/protocol'

/** Whom to ask, and how. */
export interface AskOptions {
  /** Members whose tags match all of these: `role=relay`, `role=re*`, or `role`; at most 8. */
  readonly tags?: readonly string[]
  /** These members only, by id, its end, or name; at most 64. */
  readonly peers?: readonly string[]
  /** How long to wait, in ms, 1 to 600,000. Default 5,000. */
  readonly timeoutMs?: number
  /** Through how many other peers an answer goes too, 0 to 8. Default 1. */
  readonly relays?: number
  /** Whether members say that the query came. Default true; without, nobody knows who was not reached. */
  readonly acknowledge?: boolean
  readonly signal?: AbortSignal
}

/** Takes the queries of one name that come to a node, until closed or the node ends. */
export interface Responder extends AsyncIterable<AskedView> {
  /** Hex. */
  readonly id: string
  /** Error `oversize`: an answer has at most 16,384 bytes. A query that nobody waits for any more: nothing happens. */
  answer(query: string, body: Uint8Array): void
  /** There is no answer, for this reason; what is beyond 1,024 bytes is cut. */
  fail(query: string, reason: string): void
  close(): void
}

/**
 * Questions to members (docs/state.md). The body of a question has at most 8,192 bytes. Not in a network of dialect pubsub:
 * error `usage`.
 */
export interface QueryApi {
  /**
   * Asks; the last item is `ended`. It ends early once all members that this node knows to be alive and meant have said all
   * that they have to say. Errors, with the first item: `usage`, `oversize`, `not-found` (a peer), `overloaded`.
   */
  ask(name: string, body: Uint8Array, options?: AskOptions): AsyncIterable<QueryItemView>
  /** One answer of one member. Errors as of `ask`, and `no-responder`, `no-answer` (it failed), `timeout`. */
  request(
    peer: string,
    name: string,
    body: Uint8Array,
    options?: Pick<AskOptions, 'timeoutMs' | 'relays' | 'signal'>,
  ): Promise<AnswerView>
  /**
   * Answers queries of a name from now on. With several responders of one name each is asked, and each answers. Errors:
   * `usage` (the name), `busy` (there are four).
   */
  respond(name: string): Responder
  /** A responder that is open, by its id. Error `not-found`. */
  responder(id: string): Responder
}
