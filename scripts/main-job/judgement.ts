/** What a topic's rule says about one payload. `reason` is from the rule's closed set; for `accept` it is `valid`. */
export interface Judgement<Reason extends string> {
  readonly verdict: 'accept' | 'reject' | 'ignore'
  readonly reason: Reason
}

/**
 * The most bytes that a payload of either topic has. An envelope is at most 60 KB, which every gossipsub accepts, and
 * carries one message where ids are by content; 1,000 bytes are left for its author, signature and framing.
 */
export const payloadBytesMax = 59_000
