import type { GapView, MemberChangeView, MemberQuery, MemberView } from '@grapevine/protocol'

/** Members as they are, then as their statuses change; a gap wherever the reader was too slow. Ends with the node. */
export interface MemberWatch extends AsyncIterable<MemberChangeView | GapView> {
  close(): void
}

/**
 * Who is in the network, and how: see docs/state.md. A member is named by its id, at least 6 characters of the id's end, or
 * its own name; errors `usage` (ambiguous, no such form), `not-found`. In a network of dialect pubsub all is `usage`.
 */
export interface MemberApi {
  /** This node first, then by name and id. Error `usage` (a tag without a key). */
  list(query?: MemberQuery): readonly MemberView[]
  show(member: string): MemberView
  /** Drops a member that failed or left, and what it said. Error `usage` if it is there: it would come back. */
  forget(member: string): { readonly peerId: string }
  watch(query?: MemberQuery): MemberWatch
}
