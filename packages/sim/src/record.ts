import type { Action, Event, Machine, Millis } from '@grapevine/protocol'
import { Digest } from './digest.ts'

/** A machine as its host sees it: the real one, or a wrapper that records or breaks it. */
export type MachineLike = Pick<Machine, 'handle' | 'nextWakeup' | 'why' | 'snapshot'>

/** One event that a machine took, with what it answered. */
export interface RecordedStep {
  readonly now: Millis
  readonly event: Event
  readonly actions: readonly Action[]
}

/** A machine that keeps every event with its time, for {@link replay}. Unbounded: for runs that end. */
export class Recorder implements MachineLike {
  readonly steps: RecordedStep[] = []
  readonly #machine: MachineLike

  constructor(machine: MachineLike) {
    this.#machine = machine
  }

  get nextWakeup(): Millis | undefined {
    return this.#machine.nextWakeup
  }

  handle(event: Event, now: Millis): readonly Action[] {
    const actions = this.#machine.handle(event, now)
    this.steps.push({ now, event, actions })
    return actions
  }

  why(id: Uint8Array): ReturnType<Machine['why']> {
    return this.#machine.why(id)
  }

  snapshot(): ReturnType<Machine['snapshot']> {
    return this.#machine.snapshot()
  }
}

/** The first step at which a replay went another way. */
export interface Divergence {
  readonly index: number
  readonly recorded: RecordedStep
  readonly actions: readonly Action[]
}

/**
 * Feeds recorded events to a fresh machine, made with the same options, and compares its actions byte for byte.
 * Returns the first difference, or undefined if there is none. Topic rules are functions, so a recording replays within
 * the process that made it.
 */
export function replay(steps: readonly RecordedStep[], machine: MachineLike): Divergence | undefined {
  for (const [index, recorded] of steps.entries()) {
    const actions = machine.handle(recorded.event, recorded.now)
    if (new Digest().add(actions).hex !== new Digest().add(recorded.actions).hex) return { index, recorded, actions }
  }
  return undefined
}
