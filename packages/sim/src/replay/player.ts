import { type Event, Machine, type Millis, type Sha256, toHex } from '@grapevine/protocol'
import { Cluster, type ClusterEvent } from '@grapevine/protocol/cluster'
import {
  ActionDigest,
  type AnyAction,
  type RecordedLife,
  type RecordedOutcome,
  type RecordedPart,
  type RecordedStart,
  type RecordedStep,
  type RecordingEntry,
} from '@grapevine/protocol/recording'
import { RuleBook, type RuleBookOptions } from './rule-book.ts'

/** Options of a {@link Player}. */
export interface PlayerOptions {
  readonly sha256: Sha256
  /** The functions that a definition says, in a life of a node. May throw: then nothing can be played. */
  readonly functionsOf: (definition: string, life: RecordedLife) => ReturnType<RuleBookOptions['functionsOf']>
}

/** The first event whose actions are others than those recorded. */
export interface Difference {
  /** Which action differs first, from 0; undefined where only digests are there, or a part threw. */
  readonly action?: number
  /** What the recording has: the action if it has actions, else a digest; undefined: no more. */
  readonly expected: unknown
  readonly got: unknown
}

/** An event that was played. */
export interface PlayedStep {
  readonly type: 'step'
  /** Of the recording, from 1. */
  readonly number: number
  readonly step: RecordedStep
  /** Undefined: the part threw, with `error`. */
  readonly actions: readonly AnyAction[] | undefined
  readonly error?: unknown
  readonly difference?: Difference
}

/** What a {@link Player} makes of an entry. */
export type Played = PlayedStep | Exclude<RecordingEntry, { readonly type: 'step' }>

/** Plays a recording: the same events at the same times, through the same code. */
export class Player {
  readonly #options: PlayerOptions
  /** Of the life that is played. */
  #digests: ActionDigest
  readonly #alone: ActionDigest
  #life: RecordedLife | undefined
  #rules: RuleBook
  #machine: Machine | undefined
  #cluster: Cluster | undefined
  #number = 0

  constructor(options: PlayerOptions) {
    this.#options = options
    this.#digests = this.#newDigests()
    this.#alone = new ActionDigest(options.sha256)
    this.#rules = this.#newRules()
  }

  /** The machine of the life that is played. */
  get machine(): Machine | undefined {
    return this.#machine
  }

  /** The cluster of that life. */
  get cluster(): Cluster | undefined {
    return this.#cluster
  }

  /** How rules of topics answer: for a machine beside this one, after each event. */
  get rules(): RuleBook {
    return this.#rules
  }

  /** Plays one entry. Throws what {@link PlayerOptions.functionsOf} throws, and for options that no node can have. */
  play(entry: RecordingEntry): Played {
    if (entry.type === 'step') return this.#step(entry.step)
    if (entry.type === 'start') this.#start(entry.start)
    if (entry.type === 'life') {
      this.#life = entry.life
      this.#machine = undefined
      this.#cluster = undefined
      this.#rules = this.#newRules()
      this.#digests = this.#newDigests()
    }
    return entry
  }

  #newDigests(): ActionDigest {
    return new ActionDigest(this.#options.sha256, { remembers: true })
  }

  #newRules(): RuleBook {
    const { sha256, functionsOf } = this.#options
    return new RuleBook({ sha256, functionsOf: (definition) => functionsOf(definition, this.#life!) })
  }

  #start(start: RecordedStart): void {
    const { sha256 } = this.#options
    if (start.part === 'machine') this.#machine = new Machine({ ...start.options, sha256 })
    else this.#cluster = new Cluster({ ...start.options, sha256 })
  }

  #step(step: RecordedStep): PlayedStep {
    const number = ++this.#number
    // Outside of what counts as the part's own fault.
    const rules = step.part === 'machine' && step.event.type === 'hold' ? this.#rules.rules(step.event) : undefined
    this.#rules.turn(step.answers)
    let actions: readonly AnyAction[] | undefined
    let error: unknown
    try {
      actions = this.#handle(step.part, rules === undefined ? step.event : { type: 'hold', rules }, step.now)
    } catch (thrown) {
      error = thrown
    }
    const difference = this.#compare(step.outcome, actions, error)
    return {
      type: 'step',
      number,
      step,
      actions,
      ...(actions === undefined && { error }),
      ...(difference && { difference }),
    }
  }

  #handle(part: RecordedPart, event: Event | ClusterEvent, now: Millis): readonly AnyAction[] {
    const actions =
      part === 'machine'
        ? this.#machine?.handle(event as Event, now)
        : this.#cluster?.handle(event as ClusterEvent, now)
    if (actions === undefined) throw new RangeError(`the ${part} did not begin`)
    return actions
  }

  #compare(
    outcome: RecordedOutcome,
    actions: readonly AnyAction[] | undefined,
    error: unknown,
  ): Difference | undefined {
    if (actions === undefined) {
      return outcome.type === 'threw' ? undefined : { expected: 'an end in good order', got: String(error) }
    }
    if (outcome.type === 'threw') {
      return { expected: 'a fault of the node, which ended there', got: 'an end in good order' }
    }
    if (outcome.type !== 'digest') {
      return this.#firstDifference(outcome.type === 'nothing' ? [] : outcome.actions, actions)
    }
    const [expected, got] = [toHex(outcome.digest), toHex(this.#digests.of(actions))]
    return expected === got ? undefined : { expected: `digest ${expected}`, got: actions }
  }

  #firstDifference(expected: readonly unknown[], got: readonly AnyAction[]): Difference | undefined {
    const length = Math.max(expected.length, got.length)
    for (let action = 0; action < length; action++) {
      const [one, other] = [expected, got].map((list) => toHex(this.#alone.of(list.slice(action, action + 1))))
      if (one !== other) return { action, expected: expected[action], got: got[action] }
    }
    return undefined
  }
}
