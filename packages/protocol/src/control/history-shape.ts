/** A named reader, and how far it is. */
export interface ConsumerView {
  readonly consumer: string
  readonly topics: readonly string[]
  /** Whether a reader has it now. */
  readonly active: boolean
  /** Messages that are not acknowledged, 100,001 for more than that; and those of them that were handed out. */
  readonly behind: number
  readonly unacked: number
  /** Everything up to this arrival number is acknowledged. */
  readonly acked: number
  /** ISO 8601. */
  readonly created: string
  /** It wants nothing that was said before, ISO 8601. */
  readonly since?: string
  /** When the store was lost and it began again, ISO 8601. */
  readonly refilled?: string
}

/** What became of an import: envelopes, and the messages of the new ones. */
export interface ImportSummary {
  readonly topic: string
  readonly new: number
  readonly known: number
  readonly refused: number
  readonly messages: number
  /** Refused envelopes by reason. */
  readonly reasons: Readonly<Record<string, number>>
}

/** What became of one line of an import. */
export interface ImportView {
  /** `new`: at least one of its messages was. */
  readonly result: 'new' | 'known' | 'refused'
  readonly reason?: string
  readonly detail?: string
}

/** Which body. */
export interface BodyQuery {
  /** Of its message: whole, or the first 6 digits or more where this node knows the rest. */
  readonly id: string
  /** Absent: of any held topic. */
  readonly topic?: string
}

/** Headers that go before a body, beside its length. */
export interface BodyHead {
  /** Whole id of the message, hex. */
  readonly 'grapevine-id': string
  readonly 'grapevine-topic': string
}
