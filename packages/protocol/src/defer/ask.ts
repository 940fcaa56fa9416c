import type { Judgement } from '../event.ts'

/** What is to happen before a judgement that was put off. */
export interface Ask {
  /** Ids of messages of the same topic that are to be accepted first. */
  readonly ids: readonly Uint8Array[]
  /** Or this time has to pass, in ms. */
  readonly forMs?: number
  readonly reason?: string
  /** Our validator failed, and is asked again. */
  readonly failed?: 'error' | 'timeout'
}

/** Ids that one judgement may name; the others are not waited for. */
const idsMax = 64

/** Whether a judgement is put off: the validator says so, or failed and is to be asked again. */
export const isPutOff = (
  judgement: Judgement | undefined,
): judgement is undefined | (Judgement & { verdict: 'defer' }) =>
  judgement === undefined ||
  judgement.verdict === 'defer' ||
  // Nobody is blamed for a failure of ours.
  (judgement.failed !== undefined && judgement.verdict === 'reject')

/** What the judgements that put off the messages of one envelope ask for together. */
export function askOf(judgements: readonly (Judgement | undefined)[]): Ask {
  const failed = judgements.find((judgement) => judgement === undefined || judgement.failed !== undefined)
  const asked = judgements.filter((judgement) => judgement !== undefined)
  const reason = (failed ?? asked[0])?.reason
  const times = asked.flatMap(({ forMs }) => (isTime(forMs) ? forMs : []))
  const isFailed = judgements.includes(undefined) || failed !== undefined
  return {
    ids: asked.flatMap(({ waitFor = [] }) => waitFor.filter(isId)).slice(0, idsMax),
    ...(times.length > 0 && { forMs: Math.min(...times) }),
    ...(typeof reason === 'string' && { reason }),
    ...(isFailed && { failed: failed?.failed ?? 'error' }),
  }
}

const isTime = (ms: number | undefined): ms is number => typeof ms === 'number' && ms >= 0
const isId = (id: unknown): boolean => id instanceof Uint8Array && id.length >= 1 && id.length <= 32
