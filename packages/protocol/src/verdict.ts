/**
 * What a node decides about a message, and why. Both sets are closed: a reason outside this table is a bug.
 *
 * `reject` is used only for what the sender is answerable for and costs the sender score; a failure of our own
 * (validator crash, overload, clock) is at most `ignore`.
 */
export type Verdict = 'accept' | 'ignore' | 'reject' | 'defer'

/** Each reason with the verdict that it belongs to and one sentence for people. */
export const reasons: Readonly<Record<Reason, { readonly verdict: Verdict; readonly text: string }>> = {
  valid: { verdict: 'accept', text: 'every check passed' },
  duplicate: { verdict: 'ignore', text: 'every message in it was accepted before' },
  expired: { verdict: 'ignore', text: 'it is older than what this node keeps' },
  future: { verdict: 'ignore', text: 'the author time is more than 120 s ahead of our clock' },
  foreign: { verdict: 'ignore', text: 'it claims to be ours, but we did not publish it' },
  'not-held': { verdict: 'ignore', text: 'this node does not hold the topic' },
  overloaded: { verdict: 'ignore', text: 'too much from this peer was still being checked' },
  'rate-limit': { verdict: 'ignore', text: 'its author sent more than the topic allows' },
  'unknown-version': { verdict: 'ignore', text: 'the envelope version is newer than this node' },
  'other-definition': {
    verdict: 'ignore',
    text: 'it breaks our rules, but its author goes by another definition, or need not know ours',
  },
  'rule-ignored': { verdict: 'ignore', text: 'the topic validator chose to ignore it' },
  'validator-failed': { verdict: 'ignore', text: 'our validator failed; the sender is not to blame' },
  'validator-timeout': { verdict: 'ignore', text: 'our validator took too long; the sender is not to blame' },
  unjudged: { verdict: 'accept', text: 'our validator failed, and this node accepts then' },
  deferred: { verdict: 'defer', text: 'it waits here, and is judged again' },
  'dependency-missing': { verdict: 'ignore', text: 'what it waited for did not come in time' },
  'dependency-refused': { verdict: 'ignore', text: 'what it waited for was refused' },
  'dependency-cycle': { verdict: 'ignore', text: 'it would wait for itself' },
  'deferred-too-long': { verdict: 'ignore', text: 'the validator put it off for too long' },
  'deferred-too-often': { verdict: 'ignore', text: 'the validator put it off too often' },
  'park-full': { verdict: 'ignore', text: 'too much that this peer brought was waiting' },
  'body-awaited': { verdict: 'defer', text: 'it waits here until its body has been fetched' },
  'body-missing': { verdict: 'ignore', text: 'its body did not come in time' },
  'body-no-room': {
    verdict: 'ignore',
    text: 'there was no room in memory for its body in time; the sender is not to blame',
  },
  'body-unkept': { verdict: 'ignore', text: 'its body could not be kept; the sender is not to blame' },
  'bad-body': { verdict: 'reject', text: 'its body is not what its id says' },
  'bad-encoding': { verdict: 'reject', text: 'the envelope is not a canonical encoding' },
  oversize: { verdict: 'reject', text: 'it is larger than the topic allows' },
  'bad-signature': { verdict: 'reject', text: 'the signature is not that of its author' },
  'bad-schema': { verdict: 'reject', text: 'a message does not match the topic schema' },
  'rule-rejected': { verdict: 'reject', text: 'the topic validator rejected it' },
}

/** A reason from the closed set. */
export type Reason =
  | 'valid'
  | 'duplicate'
  | 'expired'
  | 'future'
  | 'foreign'
  | 'not-held'
  | 'overloaded'
  | 'rate-limit'
  | 'unknown-version'
  | 'other-definition'
  | 'rule-ignored'
  | 'validator-failed'
  | 'validator-timeout'
  | 'unjudged'
  | 'deferred'
  | 'dependency-missing'
  | 'dependency-refused'
  | 'dependency-cycle'
  | 'deferred-too-long'
  | 'deferred-too-often'
  | 'park-full'
  | 'body-awaited'
  | 'body-missing'
  | 'body-no-room'
  | 'body-unkept'
  | 'bad-body'
  | 'bad-encoding'
  | 'oversize'
  | 'bad-signature'
  | 'bad-schema'
  | 'rule-rejected'

/** A verdict with its reason and, where a check has more to say, a detail of at most {@link detailMax} characters. */
export interface Decision {
  readonly verdict: Verdict
  readonly reason: Reason
  readonly detail?: string
}

/** Longest detail kept in a decision, in UTF-16 units: validators may return anything. */
export const detailMax = 200

/** Makes the decision that belongs to a reason. */
export function decide(reason: Reason, detail?: string): Decision {
  const { verdict } = reasons[reason]
  return detail === undefined ? { verdict, reason } : { verdict, reason, detail: shorten(detail) }
}

/** Rules of a program may return anything. What is kept is copied: a slice would keep the whole text alive in V8. */
function shorten(detail: unknown): string {
  if (typeof detail !== 'string') return typeof detail
  return detail.length <= detailMax ? detail : Array.from({ length: detailMax }, (_, at) => detail[at]).join('')
}
