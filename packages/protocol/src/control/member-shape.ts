import type { GapView } from './shape.ts'

/** A member of the network, as this node sees it. All but ids and status is its own claim, and hostile text. */
export interface MemberView {
  readonly peerId: string
  readonly short: string
  /** What it calls itself. */
  readonly name?: string
  /** This node. */
  readonly self?: true
  /**
   * `suspect`: some of those that watch it hear nothing of it. `failed`: most of them, for a time in which it could have
   * answered. `left`: it said goodbye.
   */
  readonly status: 'alive' | 'suspect' | 'failed' | 'left'
  /** Since when this node sees it so, ISO 8601. */
  readonly since: string
  /** How suspicious its silence is, as this node hears it: the chance to be wrong is 10^-phi. Absent: others watch it. */
  readonly phi?: number
  /** Its life, and how often it had to refute in it that it had failed. */
  readonly epoch: number
  readonly incarnation: number
  /** Keys of its state whose values are text of at most 256 bytes. */
  readonly tags: Readonly<Record<string, string>>
  /** Multiaddrs where it may be reached, at most 8. */
  readonly addresses: readonly string[]
  readonly version?: string
  /** Topics that it holds, at most 64, and how many there are. */
  readonly topics: readonly string[]
  readonly topicCount: number
  /** When something of it came last, ISO 8601. */
  readonly heard: string
  /** Whether this node is connected to it. */
  readonly connected: boolean
}

/** A node among others, in numbers. */
export interface ClusterView {
  /** How many members are so, this node included. */
  readonly members: Readonly<Record<MemberView['status'], number>>
  /** Bytes that what all members say takes here. */
  readonly stateBytes: number
  /** How far this node trusts itself when it calls others silent: 0 fully, to 8. */
  readonly health: number
  /** Members that watch this node, and that it watches. */
  readonly watchers: number
  readonly watched: number
  /** Frames of state and beats that it sent, and their bytes without those of the streams. */
  readonly sent: { readonly frames: number; readonly bytes: number }
}

/** Which members; all conditions together. */
export interface MemberQuery {
  /** One of these. */
  readonly status?: readonly MemberView['status'][]
  /** `KEY`, `KEY=VALUE` or `KEY=GLOB`: all of these. */
  readonly tag?: readonly string[]
}

/** That a member is now so: first all that fit, without `before`, then changes of status. */
export interface MemberChangeView extends MemberView {
  /** Absent: it is new to this node, or the list at the beginning. */
  readonly before?: MemberView['status']
}

/** Parameters, body and answer of the routes of members. */
export interface MemberContract {
  /** This node first, then by name and id. */
  readonly members: { params: MemberQuery; answer: readonly MemberView[] }
  readonly member: { params: { readonly member: string }; answer: MemberView }
  readonly memberForget: { params: { readonly member: string }; answer: { readonly peerId: string } }
  readonly memberWatch: { params: MemberQuery; answer: MemberChangeView | GapView }
}
