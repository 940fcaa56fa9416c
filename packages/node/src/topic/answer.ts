import type { Judgement } from '@grapevine/protocol'

/** What a validator says: a verdict, alone or with a reason for the journal, and with `defer` what to wait for. */
export type ValidatorAnswer =
  | Judgement['verdict']
  | {
      readonly verdict: Judgement['verdict']
      readonly reason?: string
      /** With `defer`: ids of messages of this topic that are to be accepted first, as bytes or in hex. */
      readonly waitFor?: readonly (Uint8Array | string)[]
      /** With `defer`: in ms; with `waitFor`, whichever is first. Without both, 1,000. */
      readonly forMs?: number
    }
