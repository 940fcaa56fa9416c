import type { Judgement } from '@grapevine/protocol'

/** What a validator says: a verdict, alone or with a reason for the journal. */
export type ValidatorAnswer =
  | Judgement['verdict']
  | { readonly verdict: Judgement['verdict']; readonly reason?: string }
