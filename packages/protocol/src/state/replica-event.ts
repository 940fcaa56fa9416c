import type { PeerId, Ref } from '../event.ts'
import type { OwnerState } from './owner-state.ts'

/** What happens to a {@link Replica}. Results of effects carry the ref of the action that asked for them. */
export type StateEvent =
  | { readonly type: 'tick' }
  /** Writes a key of ours. `time` is the wall clock, µs since 1970. The same value again changes nothing. */
  | { readonly type: 'set'; readonly key: string; readonly value: Uint8Array; readonly time: number }
  /** Deletes a key of ours; one that is not there changes nothing. */
  | { readonly type: 'remove'; readonly key: string; readonly time: number }
  /** Writes several keys of ours, or deletes those without a value, under one signature: all, or none if one breaks a bound. */
  | { readonly type: 'write'; readonly writes: readonly KeyWrite[]; readonly time: number }
  /** With whom rounds are held: peers that seem alive, those that seem not, and those to begin with. */
  | {
      readonly type: 'contacts'
      readonly live: readonly PeerId[]
      readonly dead: readonly PeerId[]
      readonly seeds: readonly PeerId[]
    }
  /** Opens an exchange with each of these peers now, out of turn, in place of one that is open. */
  | { readonly type: 'exchange'; readonly peers: readonly PeerId[] }
  /** What was to be sent to this peer could not go at once: it waits, or somebody has to be dialled. */
  | { readonly type: 'delayed'; readonly peer: PeerId }
  /** A frame of a peer, whose name the transport vouches for. */
  | { readonly type: 'frame'; readonly peer: PeerId; readonly bytes: Uint8Array }
  | { readonly type: 'signed'; readonly ref: Ref; readonly signature: Uint8Array }
  | { readonly type: 'verified'; readonly ref: Ref; readonly valid: boolean }
  /** States from our own disk, before anything else. One of ours, of an earlier life, is written anew in this one. */
  | { readonly type: 'restore'; readonly states: readonly OwnerState[] }
  /** Drops an owner, and for so many ms, ten minutes if that is absent, old copies of it that may still come. */
  | { readonly type: 'forget'; readonly owner: Uint8Array; readonly ms?: number }

/** A key of ours as it is to be. */
export interface KeyWrite {
  readonly key: string
  /** Absent: deleted. */
  readonly value: Uint8Array | undefined
}

/** A key that differs from before. */
export interface Change {
  readonly key: string
  /** Absent: deleted, or not there in the owner's new life. */
  readonly value: Uint8Array | undefined
  /** The owner's wall clock at the write, µs since 1970; 0 for a key that a new life does not have. */
  readonly time: number
  /** The owner's count of writes at this one; 0 for such a key. */
  readonly version: number
  /** It has the value that it had: the owner says in a new life what it said before. */
  readonly repeats?: true
}

/** What a peer did that it is answerable for. */
export type StateFault = 'bad-encoding' | 'bad-entries' | 'bad-root' | 'bad-signature' | 'too-large'

/** What a {@link Replica} asks of its host. */
export type StateAction =
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
  /** Send a frame, over a stream of protocol `/grapevine/state/1`; to open an exchange, dial if need be. May be lost. */
  | { readonly type: 'send'; readonly peer: PeerId; readonly bytes: Uint8Array; readonly isOpening: boolean }
  /** An owner's state is another now, and signed: to be kept on disk, and told to those who watch. */
  | {
      readonly type: 'changed'
      readonly owner: Uint8Array
      readonly peer: PeerId
      readonly epoch: number
      readonly changes: readonly Change[]
    }
  /** A write of ours breaks a bound, by this key; nothing is written. */
  | { readonly type: 'refused'; readonly key: string; readonly code: 'key' | 'value' | 'too-many' | 'too-large' }
  /** An exchange that we opened was answered, or was not within two seconds. */
  | {
      readonly type: 'exchanged'
      readonly peer: PeerId
      readonly isAnswered: boolean
      /** From the opening to the answer, in ms, if nothing but the way took time. */
      readonly roundTripMs?: number
      /** Where the peer says that it is on the map of round trips. */
      readonly place?: Uint8Array
    }
  /** A beat came, directly from the peer. */
  | { readonly type: 'beat'; readonly peer: PeerId; readonly epoch: number }
  | { readonly type: 'blame'; readonly peer: PeerId; readonly fault: StateFault }
  /** Somebody else writes with our key, in this life or a later one. */
  | { readonly type: 'foreign' }
