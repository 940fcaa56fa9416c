import { Backlog } from './backlog.ts'
import { Bodies } from './bodies/bodies.ts'
import { Deferral } from './defer/deferral.ts'
import type { Millis } from './event.ts'
import type { Arrival, IncomingContext, Pending } from './incoming-context.ts'
import { blame, identityViolation } from './reading.ts'
import type { TopicRules } from './topic.ts'
import type { Decision } from './verdict.ts'

/** What happens to what waits. */
export interface WaitingHandlers {
  /** It was put off, and is judged again. */
  readonly judgeAgain: (pending: Pending, now: Millis) => void
  /** Its body is here; `isChecked`: and its id known to be right. */
  readonly judgeBody: (pending: Pending, isChecked: boolean, now: Millis) => void
  readonly drop: (pending: Pending, decision: Decision, now: Millis) => void
}

/** Where envelopes are whose verdict is open: under check, put off by a validator, or without their body. */
export class WaitingRoom {
  readonly deferral: Deferral<Pending>
  readonly bodies: Bodies<Pending>
  readonly backlog: Backlog
  /** Envelopes that a validator looks at, by their gossip ids. */
  readonly #judging = new Set<string>()
  readonly #context: IncomingContext

  constructor(context: IncomingContext, { judgeAgain, judgeBody, drop }: WaitingHandlers) {
    this.#context = context
    this.deferral = new Deferral({
      ...context,
      bounds: context.parkBounds,
      isBodied: ({ body }) => body.reference !== undefined,
      judge: judgeAgain,
      drop: (pending, decision, now) => {
        // Its body may have been looked for.
        this.bodies.take(pending)
        drop(pending, decision, now)
      },
    })
    this.bodies = new Bodies({
      ...context,
      bounds: context.parkBounds,
      violation: ({ rules, body }, payload) => {
        const wrong = identityViolation(rules, body, payload)
        return wrong && blame(rules, body, wrong)
      },
      judge: (pending, isChecked, now) => {
        this.deferral.judging(pending)
        judgeBody(pending, isChecked, now)
      },
      drop: (pending, decision, now) => {
        // It may have waited for something else before.
        this.deferral.take(pending)
        drop(pending, decision, now)
      },
    })
    this.backlog = new Backlog({
      ofPeerMax: context.pendingBytesPerPeerMax,
      totalMax: context.pendingBytesMax,
      onPause: (peer) => context.emit({ type: 'pause', peer }),
      onResume: (peer) => context.emit({ type: 'resume', peer }),
    })
  }

  /** When the machine has to turn for what waits. */
  get nextWakeup(): Millis {
    return Math.min(this.deferral.nextWakeup, this.bodies.nextWakeup)
  }

  /** Whether it waits, for whatever. */
  has(pending: Pending): boolean {
    return this.deferral.has(pending) || this.bodies.has(pending)
  }

  /** Why what comes need not be looked at: all of its messages wait here. */
  reasonOf(rules: TopicRules, keys: readonly Uint8Array[], arrival: Arrival): 'deferred' | 'body-awaited' | undefined {
    if (this.deferral.count > 0 && keys.every((key) => this.deferral.isWaiting(rules, key, arrival.gossipId)))
      return 'deferred'
    // Each round of reconciliation would bring it again, for as long as a validator takes.
    if (arrival.fetched !== undefined && this.#judging.has(arrival.gossipId)) return 'deferred'
    const isAwaited = this.bodies.count > 0 && keys.every((key) => this.bodies.isWaiting(rules, key, arrival))
    return isAwaited ? 'body-awaited' : undefined
  }

  /** A validator is asked about it. */
  judging({ gossipId }: Pending): void {
    this.#judging.add(gossipId)
  }

  /** A topic has these rules from now on. */
  held(rules: TopicRules, now: Millis): void {
    this.deferral.held(rules, now)
    this.bodies.held(rules)
  }

  released(topic: string, now: Millis): void {
    this.deferral.released(topic, now)
    this.bodies.released(topic)
  }

  /** Has judged what is ready for it. Called after each event. */
  release(now: Millis): void {
    this.deferral.release(now)
    this.bodies.release()
  }

  /** It is decided. What was saved for an envelope that is not accepted can go, unless something else needs it. */
  forget(pending: Pending, { verdict, reason }: Decision): void {
    const { body, hasBody } = pending
    if (body.reference === undefined) return
    const { needs, emit } = this.#context
    const { root } = body.reference
    needs.delete(root, pending)
    if (hasBody !== true || verdict === 'accept' || reason === 'duplicate') return
    if (!needs.has(root)) emit({ type: 'dropBody', root })
  }

  /** It is under check no more. */
  leave(pending: Pending): void {
    const isParked = this.has(pending)
    this.#judging.delete(pending.gossipId)
    this.bodies.take(pending)
    this.deferral.take(pending)
    if (!isParked) this.backlog.remove(pending.from, pending.cost)
  }
}
