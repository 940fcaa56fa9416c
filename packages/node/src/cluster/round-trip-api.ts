import type { RoundTripQuery, RoundTripView } from '@grapevine/protocol/control'

/** How far it is between members: see docs/state.md. In a network of dialect pubsub all is error `usage`. */
export interface RoundTripApi {
  /**
   * Round trips from a member (default: this node) to another, or to all that are alive or suspect; the shortest first, those
   * without an estimate last. With `measure` each is pinged too, over the connection that there is. Errors: `usage` (ambiguous
   * name, both the same, to measure from elsewhere), `not-found`.
   */
  list(query?: RoundTripQuery, signal?: AbortSignal): Promise<readonly RoundTripView[]>
}
