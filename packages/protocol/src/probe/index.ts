/**
 * Reachability: what members find when they try to reach each other, what they say to each other about it
 * (docs/protocol.md), and what is likely wrong. Pure.
 *
 * @example
 * ```ts
 * const [reach] = judgeReach([{ rows: [{ from, isSelf: true, finding: { link: 'answers', ms: 12, door: 'open' } }], … }])
 * // { verdict: 'fine', by: [] }
 * ```
 */
export * from './finding.ts'
export * from './frame.ts'
export * from './judge.ts'
