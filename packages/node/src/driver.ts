import {
  Machine,
  type Action,
  type AuthorDefinition,
  type Event,
  type JournalRecord,
  type MachineOptions,
  type SetIndex,
  type Snapshot,
  type TopicSummary,
} from '@grapevine/protocol'

/** What a driver carries out: every effect that a machine can ask for. Results go back through `dispatch`. */
export type Effects = {
  readonly [Type in Action['type']]: (action: Action & { readonly type: Type }) => void
}

/**
 * The only code that touches the machine: feeds it events one at a time with the monotonic time, and hands its actions
 * to the effects in order. An effect may dispatch at once; its event waits until the actions before it are done.
 */
export class Driver {
  readonly #machine: Machine
  readonly #effects: Effects
  readonly #events: Event[] = []
  #isBusy = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  constructor(options: MachineOptions, effects: Effects) {
    this.#machine = new Machine(options)
    this.#effects = effects
  }

  dispatch(event: Event): void {
    this.#events.push(event)
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const action of this.#machine.handle(next, performance.now())) this.#carryOut(action)
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

  /** One timer for the one deadline of the machine; moved only when that comes nearer. */
  #arm(): void {
    const at = this.#machine.nextWakeup ?? Infinity
    if (this.#isStopped || at >= this.#timerAt || at === Infinity) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity
        this.dispatch({ type: 'tick' })
      },
      Math.max(0, at - performance.now()),
    )
    this.#timer.unref()
  }

  why(id: Uint8Array): JournalRecord | undefined {
    return this.#machine.why(id)
  }

  idsWithPrefix(prefix: string, countMax: number): readonly Uint8Array[] {
    return this.#machine.idsWithPrefix(prefix, countMax)
  }

  /** The keys of what the store holds of a topic. */
  heldKeys(topic: string): Pick<SetIndex, 'has' | 'find'> {
    return this.#machine.heldKeys(topic)
  }

  topicOf(gossipId: string): string | undefined {
    return this.#machine.topicOf(gossipId)
  }

  authorDefinitions(topic: string): readonly AuthorDefinition[] {
    return this.#machine.authorDefinitions(topic)
  }

  summary(topic: string, from: number, end: number): TopicSummary {
    return this.#machine.summary(topic, from, end)
  }

  snapshot(): Snapshot {
    return this.#machine.snapshot()
  }

  #carryOut<Type extends Action['type']>(action: Action & { readonly type: Type }): void {
    this.#effects[action.type](action)
  }
}
