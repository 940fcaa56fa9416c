import { askOf, isPutOff, type Ask } from './defer/ask.ts'
import type { Judgement } from './event.ts'
import { decide, type Decision } from './verdict.ts'

/** What is to be done with the messages of an envelope, by their indexes. */
export interface Sorted {
  readonly accepted: { readonly indexes: readonly number[]; readonly decision: Decision }
  readonly putOff: { readonly indexes: readonly number[]; readonly ask: Ask }
  readonly ignored: readonly { readonly index: number; readonly decision: Decision }[]
  /** One is rejected, and with it all. */
  readonly rejected: Decision | undefined
}

/** Sorts the messages that a validator was asked about by what it said; what it did not answer is put off. */
export function sorted(asked: readonly number[], judgements: readonly Judgement[]): Sorted {
  const accepted: number[] = []
  const putOff: number[] = []
  const ignored: { index: number; decision: Decision }[] = []
  const asks: (Judgement | undefined)[] = []
  let [decision, rejected] = [decide('valid'), undefined as Decision | undefined]
  for (const [position, index] of asked.entries()) {
    const judgement = judgements[position]
    if (isPutOff(judgement)) {
      putOff.push(index)
      asks.push(judgement)
      continue
    }
    const said = decisionOf(judgement)
    if (said.verdict === 'ignore') ignored.push({ index, decision: said })
    else if (said.verdict === 'reject') rejected ??= said
    else {
      accepted.push(index)
      decision = said
    }
  }
  return { accepted: { indexes: accepted, decision }, putOff: { indexes: putOff, ask: askOf(asks) }, ignored, rejected }
}

/**
 * The decision that follows from what a validator said, where it is not put off: a failure of ours is never held against
 * the sender.
 */
function decisionOf({ verdict, reason, failed }: Judgement): Decision {
  if (failed !== undefined && verdict === 'accept') return decide('unjudged', reason)
  if (failed !== undefined) return decide(failed === 'timeout' ? 'validator-timeout' : 'validator-failed', reason)
  if (verdict === 'accept') return decide('valid')
  return decide(verdict === 'reject' ? 'rule-rejected' : 'rule-ignored', reason)
}
