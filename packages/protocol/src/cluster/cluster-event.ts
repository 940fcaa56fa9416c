import type { PeerId } from '../event.ts'
import type { MemberAction } from '../member/member-event.ts'
import type { Change, StateAction, StateEvent } from '../state/replica-event.ts'

/** What happens to a {@link Cluster}. Results of effects carry the ref of the action that asked for them. */
export type ClusterEvent =
  /** `wall`: the clock of the wall at this moment, µs since 1970. */
  | { readonly type: 'tick'; readonly wall: number }
  /** Peers that speak this and are connected; of them, those that networks begin with. */
  | { readonly type: 'links'; readonly peers: readonly PeerId[]; readonly seeds: readonly PeerId[] }
  | Extract<
      StateEvent,
      {
        type:
          | 'set'
          | 'remove'
          | 'write'
          | 'frame'
          | 'signed'
          | 'verified'
          | 'restore'
          | 'exchange'
          | 'delayed'
          | 'forget'
      }
    >
  /** Say goodbye: others then call us left, not failed. */
  | { readonly type: 'leave' }

/** What a {@link Cluster} asks of its host. */
export type ClusterAction =
  | Extract<StateAction, { type: 'sign' | 'verify' | 'changed' | 'refused' | 'exchanged' | 'blame' | 'foreign' }>
  | Extract<MemberAction, { type: 'member' }>
  /** Send a frame to each of these peers, over a stream of protocol `/grapevine/state/1`. May be lost. */
  | {
      readonly type: 'send'
      readonly protocol: 'state'
      readonly peers: readonly PeerId[]
      readonly bytes: Uint8Array
      /** Worth a dial if there is no connection. */
      readonly isWorthDialling: boolean
    }
  /** What an owner said is known no more: to be dropped from disk. The changes: all its keys are gone. */
  | {
      readonly type: 'forgotten'
      readonly owner: Uint8Array
      readonly peer: PeerId
      readonly epoch: number
      readonly changes: readonly Change[]
    }
