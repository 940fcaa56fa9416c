/** How far it is from one member to another. */
export interface RoundTripView {
  /** Peer ids. */
  readonly from: string
  readonly to: string
  /** What they call themselves: hostile text. */
  readonly fromName?: string
  readonly toName?: string
  /** By what both say of their places, in ms; absent while one of them says nothing. */
  readonly estimateMs?: number
  /** By how much the estimate may well be off, as a part of it: what the less sure of the two admits. */
  readonly error?: number
  /** From this node: the shortest of its last exchanges of state with the other, in ms. */
  readonly exchangeMs?: number
  /** From this node, if that was asked for: a ping, in ms; or why there is none. */
  readonly pingMs?: number
  readonly problem?: string
}

/** Which round trips. */
export interface RoundTripQuery {
  /** Default: this node. */
  readonly from?: string
  /** Default: to all members that are alive or suspect. */
  readonly to?: string
  /** Ping as well; from this node only. */
  readonly measure?: boolean
  /** How long a ping may take, in ms. */
  readonly timeout?: number
}

/** Parameters and answer of the route of round trips. */
export interface RoundTripContract {
  /** The shortest first, those without an estimate last. */
  readonly roundTrips: { params: RoundTripQuery; answer: readonly RoundTripView[] }
}
