import type { Millis, PeerId, Ref } from '../event.ts'
import type { Query } from './query.ts'

/** What a caller asks: see {@link Query}. */
export type Question = Pick<Query, 'name' | 'body' | 'tags' | 'members' | 'relays' | 'wantsAck' | 'timeoutMs'>

/** What happens to {@link Queries}. Results of effects carry the ref of the action that asked for them. */
export type QueryEvent =
  | { readonly type: 'tick' }
  /** Connected peers that speak the protocol; the order means nothing. */
  | { readonly type: 'links'; readonly peers: readonly PeerId[] }
  /** Our own question. `time` is the wall clock, µs since 1970. Answers `asking` or `refused`, with this ref. */
  | { readonly type: 'ask'; readonly ref: Ref; readonly question: Question; readonly time: number }
  /** Nobody waits for the answers to a question of ours any more. */
  | { readonly type: 'cancel'; readonly ref: Ref }
  | { readonly type: 'signed'; readonly ref: Ref; readonly signature: Uint8Array }
  | { readonly type: 'verified'; readonly ref: Ref; readonly valid: boolean }
  /** A frame of a peer, whose name the transport vouches for. `wall` is our wall clock, µs since 1970. */
  | { readonly type: 'frame'; readonly peer: PeerId; readonly bytes: Uint8Array; readonly wall: number }
  /** To a query that we were `asked`: it came, and so many answers are to come, 0 to 4. */
  | { readonly type: 'acknowledge'; readonly query: Uint8Array; readonly answers: number }
  /** One of these answers, 1 to 4: at most 16,384 bytes, or why there is none. Too late: nothing happens. */
  | {
      readonly type: 'answer'
      readonly query: Uint8Array
      readonly index: number
      readonly body: Uint8Array
      readonly isFailed: boolean
    }

/** What a peer did that it is answerable for. */
export type QueryFault = 'bad-encoding' | 'bad-signature'

/** What {@link Queries} ask of their host. */
export type QueryAction =
  /** Sign with our key, and answer `signed`. */
  | { readonly type: 'sign'; readonly ref: Ref; readonly bytes: Uint8Array }
  /** Check an Ed25519 signature, and answer `verified`. */
  | {
      readonly type: 'verify'
      readonly ref: Ref
      readonly owner: Uint8Array
      readonly signature: Uint8Array
      readonly bytes: Uint8Array
    }
  /** Send a frame, over a stream of protocol `/grapevine/query/1`. May be lost. */
  | { readonly type: 'send'; readonly peer: PeerId; readonly bytes: Uint8Array }
  /** A query that is meant for us: answer `acknowledge`, and then `answer`, within `leftMs`. Once a query. */
  | {
      readonly type: 'asked'
      /** 16 bytes. */
      readonly id: Uint8Array
      readonly origin: PeerId
      readonly query: Query
      readonly leftMs: Millis
    }
  /** A question of ours is on its way. */
  | { readonly type: 'asking'; readonly ref: Ref; readonly id: Uint8Array }
  /** Too many questions of ours at once, or too fast. */
  | { readonly type: 'refused'; readonly ref: Ref }
  /** A member says something of our question; each thing once. */
  | {
      readonly type: 'response'
      readonly ref: Ref
      readonly responder: PeerId
      /** 0: it came, and `answers` are to come; from 1 on: an answer. */
      readonly index: number
      readonly answers: number
      readonly body: Uint8Array
      readonly isFailed: boolean
    }
  /** The time of a question of ours is over. */
  | { readonly type: 'ended'; readonly ref: Ref }
  | { readonly type: 'blame'; readonly peer: PeerId; readonly fault: QueryFault }
