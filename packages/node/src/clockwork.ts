import type { EventWitness } from './recording/recorder.ts'

/** A state machine of the protocol, as its host sees it. */
interface Machinery<Event, Action> {
  handle(event: Event, now: number): readonly Action[]
  readonly nextWakeup: number | undefined
}

/** What a {@link Clockwork} is given. */
export interface ClockworkOptions<Event, Action> {
  readonly machine: Machinery<Event, Action>
  /** Carries an action out; results go back through `dispatch`. */
  readonly carryOut: (action: Action) => void
  readonly tick: () => Event
  /** Sees every event before the machine, and what came of it before it is carried out. */
  readonly witness?: EventWitness<Event, Action> | undefined
}

/**
 * Feeds a machine events one at a time with the monotonic time, and hands out its actions in order. Who carries one out may
 * dispatch at once; its event waits until the actions before it are done. One timer for the one deadline of the machine.
 */
export class Clockwork<Event, Action> {
  readonly #options: ClockworkOptions<Event, Action>
  readonly #events: Event[] = []
  #isBusy = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  constructor(options: ClockworkOptions<Event, Action>) {
    this.#options = options
  }

  dispatch(event: Event): void {
    this.#events.push(event)
    if (this.#isBusy) return
    this.#isBusy = true
    const { carryOut } = this.#options
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const action of this.#handle(next)) carryOut(action)
      }
    } finally {
      this.#isBusy = false
    }
    this.#arm()
  }

  /** Ends the ticks; what is dispatched is still handled. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #handle(event: Event): readonly Action[] {
    const { machine, witness } = this.#options
    const now = performance.now()
    if (witness === undefined) return machine.handle(event, now)
    const taken = witness.taken(event, now)
    let actions: readonly Action[] | undefined
    try {
      return (actions = machine.handle(taken, now))
    } finally {
      witness.done(actions)
    }
  }

  /** Moves the timer only when the deadline comes nearer. */
  #arm(): void {
    const { machine, tick } = this.#options
    const at = machine.nextWakeup ?? Infinity
    if (this.#isStopped || at >= this.#timerAt || at === Infinity) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity
        this.dispatch(tick())
      },
      Math.min(Math.max(0, at - performance.now()), 2 ** 31 - 1),
    )
    this.#timer.unref()
  }
}
