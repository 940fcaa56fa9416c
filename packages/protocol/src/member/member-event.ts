import type { Millis, PeerId } from '../event.ts'
import type { Change } from '../state/replica-event.ts'
import type { MemberStatus } from './member-row.ts'

/** What happens to a {@link Membership}. */
export type MemberEvent =
  | { readonly type: 'tick' }
  /** Peers to whom we can talk now, or soon by dialling; the order means nothing. */
  | { readonly type: 'links'; readonly peers: readonly PeerId[] }
  /** What a {@link Replica} tells of an owner, ourselves included. */
  | {
      readonly type: 'changed'
      readonly owner: Uint8Array
      readonly peer: PeerId
      readonly epoch: number
      readonly changes: readonly Change[]
    }
  /** A beat came from the peer itself. */
  | { readonly type: 'beat'; readonly peer: PeerId; readonly epoch: number }
  /** An exchange that we opened was answered, or was not. */
  | { readonly type: 'exchanged'; readonly peer: PeerId; readonly isAnswered: boolean }
  /** Say goodbye: others then call us left, not failed. */
  | { readonly type: 'leave' }
  /** Drop a member, whatever its status. */
  | { readonly type: 'forget'; readonly owner: Uint8Array }

/** What a {@link Membership} asks of its host. */
export type MemberAction =
  /** For the replica: write a key of ours. */
  | { readonly type: 'set'; readonly key: string; readonly value: Uint8Array }
  /** Send a frame to each of these peers. May be lost. */
  | { readonly type: 'send'; readonly peers: readonly PeerId[]; readonly bytes: Uint8Array }
  /** For the replica: with whom to hold rounds. */
  | { readonly type: 'contacts'; readonly live: readonly PeerId[]; readonly dead: readonly PeerId[] }
  /** A member is now so. */
  | {
      readonly type: 'member'
      readonly peer: PeerId
      readonly status: MemberStatus
      readonly before: MemberStatus | undefined
    }
  /** For the replica: drop what this owner says. */
  | { readonly type: 'forget'; readonly owner: Uint8Array }

/** A member as others may see it. */
export interface Member {
  readonly peer: PeerId
  readonly owner: Uint8Array
  readonly epoch: number
  readonly incarnation: number
  readonly status: MemberStatus
  /** When it became so. */
  readonly statusAt: Millis
  /** How suspicious its silence is to us; undefined if we do not watch it. */
  readonly phi: number | undefined
  readonly heardAt: Millis
}
