import type { Judgement } from './event.ts'
import { decide, type Decision } from './verdict.ts'

/** The decision that follows from what a validator said: a failure of ours is never held against the sender. */
export function decisionOf(judgement: Judgement | undefined): Decision {
  if (judgement === undefined || judgement.failed === 'error') return decide('validator-failed', judgement?.reason)
  if (judgement.failed === 'timeout') return decide('validator-timeout', judgement.reason)
  switch (judgement.verdict) {
    case 'accept':
      return decide('valid')
    case 'reject':
      return decide('rule-rejected', judgement.reason)
    case 'defer':
      return decide('defer-unsupported', judgement.reason)
    default:
      return decide('rule-ignored', judgement.reason)
  }
}
