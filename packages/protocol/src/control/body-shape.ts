/** Bodies that are fetched from peers and served to them (docs/protocol.md §22); counts since the start of the node. */
export interface BodiesView {
  /** Messages that wait here for their bodies. */
  readonly waiting: number
  /** Bytes of bodies in memory: those that are not whole yet, and those that are judged. */
  readonly memory: number
  /** Bytes of chunks that came, and that peers were given. */
  readonly fetchedBytes: number
  readonly servedBytes: number
  /** Requests that timed out. */
  readonly late: number
  /** Bodies and chunks that were not what their senders said. */
  readonly wrong: number
}

/** How far the body of a message is, while the message waits for it. */
export interface BodyProgressView {
  /** Bytes of all of it. */
  readonly size: number
  /** Chunks that have come, of how many. */
  readonly have: number
  readonly of: number
  /** Peers that are asked now. */
  readonly from: readonly string[]
}
