import type { ReachVerdict } from '../probe/judge.ts'

/** What one node found when it tried to reach a member. */
export interface FindingView {
  /** Peer id of who tried. */
  readonly from: string
  /**
   * `answers`: a ping came back, over the link that there was or a new one. `silent`: the link that there is says nothing.
   * `none`: there is no link, and none could be made. `stranger`: it does not know the member. `busy`: it has tried enough.
   */
  readonly link: 'answers' | 'silent' | 'none' | 'stranger' | 'busy'
  /** The round trip of the ping, in ms. */
  readonly ms?: number
  /** A fresh TCP connection to its addresses: accepted, refused, or nothing came back; somebody else is there; it tells none. */
  readonly door: 'open' | 'refused' | 'silent' | 'other' | 'untried'
}

/** What is likely wrong with a member; docs/operations.md says what each means. */
export type ReachVerdictView = ReachVerdict

/** A member, and who reaches it. */
export interface ReachView {
  readonly peerId: string
  readonly short: string
  /** What it calls itself: hostile text. */
  readonly name?: string
  /** As this node saw it before. */
  readonly status: 'alive' | 'suspect' | 'failed' | 'left'
  readonly verdict: ReachVerdictView
  /** Peer ids of those that do not reach it, or cannot connect to it, if others can. */
  readonly by: readonly string[]
  /** This node first, then in the order of `askers`. */
  readonly findings: readonly FindingView[]
}

/** Members that were asked to try, and all that was found. */
export interface ProbeView {
  readonly askers: readonly {
    readonly peerId: string
    readonly short: string
    readonly name?: string
    /** Whether it answered in time. */
    readonly answered: boolean
  }[]
  /** What is wrong first. */
  readonly members: readonly ReachView[]
  /** Members that were not tried because there are too many; name them to have them tried. */
  readonly left: number
}

/** Which members are tried, and by how many others. */
export interface ProbeQuery {
  /** Default: all but those that left, and of many those that seem wrong first; at most 64. */
  readonly member?: readonly string[]
  /** Members asked to try as well, 0 to 16, drawn from those that are connected. Default 5. */
  readonly ask?: number
  /** How long all may take, in ms, 1,000 to 30,000. Default 10,000. */
  readonly timeout?: number
}

/** Parameters and answer of the route of probes. */
export interface ProbeContract {
  readonly probe: { params: ProbeQuery; answer: ProbeView }
}
