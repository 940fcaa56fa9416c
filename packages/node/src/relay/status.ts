/** What a relay has done with the messages of a topic since it was started. */
export interface RelayTopicStatus {
  /** Messages that `onAccept` was given. */
  readonly accepted: number
  /** Answers of `validate`, by verdict. */
  readonly verdicts: Readonly<Record<string, number>>
}

/** What a relay does, and what it has counted since it was started. */
export interface RelayState {
  readonly state: 'starting' | 'replaying' | 'running' | 'node-away' | 'stopping' | 'stopped' | 'failed'
  readonly topics: Readonly<Record<string, RelayTopicStatus>>
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, number | string>>
}
