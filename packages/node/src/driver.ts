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
import { Clockwork } from './clockwork.ts'
import type { EventWitness } from './recording/recorder.ts'

/** What a driver carries out: every effect that a machine can ask for. Results go back through `dispatch`. */
export type Effects = {
  readonly [Type in Action['type']]: (action: Action & { readonly type: Type }) => void
}

/** Options of a {@link Driver}. */
export interface DriverOptions {
  readonly machine: MachineOptions
  /** Who sees each event. */
  readonly witness?: EventWitness<Event, Action> | undefined
}

/** The only code that touches the machine: see {@link Clockwork} for how events and actions go in and out. */
export class Driver {
  readonly #machine: Machine
  readonly #clockwork: Clockwork<Event, Action>

  constructor({ machine: options, witness }: DriverOptions, effects: Effects) {
    const machine = new Machine(options)
    const carryOut = <Type extends Action['type']>(action: Action & { readonly type: Type }): void =>
      effects[action.type](action)
    this.#machine = machine
    this.#clockwork = new Clockwork({ machine, carryOut, tick: () => ({ type: 'tick' }), witness })
  }

  dispatch(event: Event): void {
    this.#clockwork.dispatch(event)
  }

  /** Ends the ticks; what is dispatched is still handled. */
  stop(): void {
    this.#clockwork.stop()
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

  /** What waits on a topic to be judged again. */
  parked(topic: string): ReturnType<Machine['parked']> {
    return this.#machine.parked(topic)
  }

  bodyProgress(gossipId: string): ReturnType<Machine['bodyProgress']> {
    return this.#machine.bodyProgress(gossipId)
  }

  snapshot(): Snapshot {
    return this.#machine.snapshot()
  }
}
