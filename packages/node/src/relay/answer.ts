/** What `validate` of a relay says. */
export type RelayAnswer =
  | 'accept'
  | 'ignore'
  | 'reject'
  | { readonly verdict: 'accept' | 'ignore' | 'reject'; readonly reason?: string }
  | {
      readonly verdict: 'defer'
      readonly reason?: string
      /** Ids, in hex, of messages on the same topic; judged again when all are there. */
      readonly waitFor?: readonly string[]
      /** Judged again after so long at the latest, in ms. */
      readonly waitMs?: number
    }

/** Breaks the rules, and who passed it on is answerable for that. */
export const reject = (reason: string): RelayAnswer => ({ verdict: 'reject', reason })

/** Not wanted here, for no fault of who passed it on. */
export const ignore = (reason: string): RelayAnswer => ({ verdict: 'ignore', reason })

/** To be judged again once messages with these ids, in hex, are there; they are asked for. */
export const waitFor = (ids: readonly string[], reason?: string): RelayAnswer => ({
  verdict: 'defer',
  waitFor: ids,
  ...(reason !== undefined && { reason }),
})

/** To be judged again after so long, in ms. */
export const waitMs = (ms: number, reason?: string): RelayAnswer => ({
  verdict: 'defer',
  waitMs: ms,
  ...(reason !== undefined && { reason }),
})
