/**
 * What became of a link to a member. `answers`: a ping over it came back. `silent`: it is open, and nothing comes back. `none`:
 * there is none, and none could be made. `stranger`: who was asked does not know the member. `busy`: it has done enough of this.
 */
export type ProbeLink = 'none' | 'answers' | 'silent' | 'stranger' | 'busy'

/**
 * What became of fresh TCP connections to the addresses that a member gives. `untried`: it gives none. `open`: one was accepted.
 * `refused`: its machine answers, but nothing listens. `silent`: nothing comes back. `other`: somebody else answers there.
 */
export type ProbeDoor = 'untried' | 'open' | 'refused' | 'silent' | 'other'

/** What one node found when it tried to reach another. */
export interface ProbeFinding {
  readonly link: ProbeLink
  /** The round trip of the ping, in ms; with `answers` only. */
  readonly ms?: number
  readonly door: ProbeDoor
}

/** The codes of both on the wire are the places in these lists. */
export const probeLinks: readonly ProbeLink[] = ['none', 'answers', 'silent', 'stranger', 'busy']
/** See {@link probeLinks}. */
export const probeDoors: readonly ProbeDoor[] = ['untried', 'open', 'refused', 'silent', 'other']
