/** Proof that an author signed two different messages under one sequence of one epoch. */
export interface EvidenceView {
  /** Hex, 64 characters; the same on every node that holds both envelopes. */
  readonly id: string
  /** Network id, in hex. */
  readonly network: string
  readonly topic: string
  /** Peer id. */
  readonly author: string
  readonly epoch: number
  /** The sequences that both envelopes claim, both ends included. */
  readonly first: number
  readonly last: number
  /** When this node noticed, ISO 8601; absent for a file that was only checked. */
  readonly found?: string
}

/** One of the two envelopes, with the message that it puts at the first sequence of both. */
export interface StatementView {
  /** Message id, hex; on a topic with content ids messages have other ids. */
  readonly id: string
  /** Sequence of the envelope's first message, and how many it has. */
  readonly seq: number
  readonly count: number
  /** Author time, ISO 8601. */
  readonly time: string
  /** Payload bytes. */
  readonly size: number
  readonly text?: string
  readonly base64?: string
}

/** Evidence with what each envelope says, and as the text of a file. */
export interface EvidenceDetailView extends EvidenceView {
  readonly statements: readonly StatementView[]
  readonly file: string
}
