import type { Judgement } from './event.ts'
import { decide, type Decision, type Reason } from './verdict.ts'

/** The decision that follows from what a validator said: a failure of ours is never held against the sender. */
export function decisionOf(judgement: Judgement | undefined): Decision {
  if (judgement === undefined || judgement.failed === 'error') return decide('validator-failed', judgement?.reason)
  if (judgement.failed === 'timeout') return decide('validator-timeout', judgement.reason)
  return decide(reasonOf[judgement.verdict], judgement.verdict === 'accept' ? undefined : judgement.reason)
}

const reasonOf: Readonly<Record<Judgement['verdict'], Reason>> = {
  accept: 'valid',
  ignore: 'rule-ignored',
  reject: 'rule-rejected',
  defer: 'defer-unsupported',
}
