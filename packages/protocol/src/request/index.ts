/**
 * Who is asked for what was announced (docs/relay.md). Pure: facts in, requests out.
 *
 * @example
 * ```ts
 * const tracker = new RequestTracker({ seed })
 * tracker.announced(id, { peer, isPreferred: true }, now)
 * for (const { peer, ids } of tracker.due(now).requests) ask(peer, ids)
 * // when it came: tracker.forget(id); when the peer sent something else: tracker.answered(id, peer), and others are asked
 * ```
 */
export * from './options.ts'
export * from './request-tracker.ts'
