import type { PeerId } from '../event.ts'

/** Names one request; the host gives it back with the answer. */
export type AskRef = number

/** What happened. */
export type FetchEvent =
  /** A peer says that it has a body that we want. The host has looked whether we do. */
  | {
      readonly type: 'offered'
      readonly peer: PeerId
      /** The chain's or the message's own id, in a form of the caller's choice. */
      readonly id: string
      /** Bytes. */
      readonly size: number
      /** Of its chunk tree, 32 bytes. */
      readonly root: Uint8Array
      /** Asked before others. */
      readonly isPreferred: boolean
    }
  /** The answer to `ask`. The bytes are kept. */
  | { readonly type: 'chunk'; readonly ref: AskRef; readonly bytes: Uint8Array; readonly proof: Uint8Array }
  /** The answer to `ask`, if the peer lacks it, or has refused. */
  | { readonly type: 'lacks'; readonly ref: AskRef }
  /** The answer to `complete`: whether the body is what its id says. */
  | { readonly type: 'judged'; readonly ref: AskRef; readonly isRight: boolean }
  /** It has come in another way, or is not wanted any more. */
  | { readonly type: 'forget'; readonly id: string }
  | { readonly type: 'peerGone'; readonly peer: PeerId }
  | { readonly type: 'tick' }

/** What the host has to do. */
export type FetchAction =
  /** Ask a peer for a chunk. */
  | {
      readonly type: 'ask'
      readonly ref: AskRef
      readonly peer: PeerId
      readonly id: string
      readonly root: Uint8Array
      readonly index: number
    }
  /** A body is whole, and is what its root says: see whether it is what its id says, and answer with `judged`. */
  | {
      readonly type: 'complete'
      readonly ref: AskRef
      readonly id: string
      readonly body: Uint8Array
      /** Who offered it. */
      readonly peers: readonly PeerId[]
    }
  /**
   * A peer has lied. `bad-offer`: a size or root that cannot be; `bad-chunk`: it sent what is no part of what it offered; `false-root`: it
   * offered under this id what has another.
   */
  | {
      readonly type: 'blame'
      readonly peer: PeerId
      readonly id: string
      readonly reason: 'bad-offer' | 'bad-chunk' | 'false-root'
    }
  /** A peer let a request time out: perhaps it is only slow. It is asked for no more of this body. */
  | { readonly type: 'late'; readonly peer: PeerId; readonly id: string }
  /**
   * A body will not come, unless it is offered again: `nobody` is left to ask, and what has come stays where `keepsParts` says so; or there is no `room` for what comes so slowly.
   */
  | { readonly type: 'failed'; readonly id: string; readonly reason: 'nobody' | 'room' }
