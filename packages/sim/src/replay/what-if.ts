import {
  type Action,
  type Event,
  type Judgement,
  Machine,
  type MachineOptions,
  type Message,
  type Millis,
  type Sha256,
  type TopicRules,
} from '@grapevine/protocol'
import type { RecordedLife } from '@grapevine/protocol/recording'
import { isAsking } from './answer-kind.ts'
import { Answers } from './answers.ts'
import { type Change, Fates } from './fate.ts'
import type { PlayedStep } from './player.ts'
import type { RuleBook } from './rule-book.ts'

/** What is to be otherwise. */
export interface WhatIfOptions {
  readonly sha256: Sha256
  /** Whether an Ed25519 signature is its author's: of what the live node did not check. */
  readonly verify: (bytes: Uint8Array, signature: Uint8Array, author: Uint8Array) => boolean
  /** Options in place of those of the node. */
  readonly machine: Partial<MachineOptions>
  /** Rules of a topic in place of those that it had. */
  readonly rules: (rules: TopicRules) => TopicRules
  /** Topics that are judged otherwise: by whoever answers {@link WhatIf.questions}. */
  readonly judged: ReadonlySet<string>
}

/** Messages that somebody has to judge. */
export interface Question {
  readonly ref: number
  readonly topic: string
  readonly messages: readonly Message[]
}

/** A tick that does not move the deadline on must not repeat for ever. */
const ticksMax = 1000

/**
 * A second machine beside the one that is played: it is given the same, but has other limits, or its messages are judged by
 * others. What the live node was answered it is answered too, if it asks for the same; where it asks for more, signatures
 * are checked, disks say yes, validators of the recording what they said of the same message, else accept, and peers have
 * nothing. What peers would have done otherwise is not modelled.
 */
export class WhatIf {
  readonly #options: WhatIfOptions
  readonly #machine: Machine
  readonly #fates: Fates
  readonly #answers: Answers
  /** By their names on the wire. */
  readonly #rules = new Map<string, TopicRules>()
  readonly #queue: Event[] = []
  #questions: Question[] = []
  #now: Millis = 0

  constructor(life: RecordedLife, options: MachineOptions, whatIf: WhatIfOptions) {
    const { sha256, machine } = whatIf
    this.#options = whatIf
    this.#machine = new Machine({ ...options, ...machine, sha256 })
    this.#fates = new Fates(sha256, life.networkId)
    this.#answers = new Answers(whatIf)
  }

  /** Answers that the recording does not have. */
  get supposed(): number {
    return this.#answers.supposed
  }

  /** What is to be judged now: answer each with {@link answer}, until there is no more. */
  questions(): readonly Question[] {
    const questions = this.#questions
    this.#questions = []
    return questions
  }

  /** What was said of a question. */
  answer({ ref }: Question, judgements: readonly Judgement[]): void {
    this.#tell({ type: 'judged', ref, judgements })
    this.#settle()
  }

  /** Everything that went otherwise. */
  changes(): Generator<Change> {
    return this.#fates.changes()
  }

  /**
   * An event that the machine of the recording took; `wakeup`: when it would have woken before. `book`: what functions of
   * programs answered.
   */
  take({ step, actions = [] }: PlayedStep, wakeup: Millis | undefined, book: RuleBook): void {
    if (step.part !== 'machine') return
    this.#tickUntil(step.now, wakeup)
    this.#now = step.now
    // Actions of this part only: the step is its own.
    const done = actions as readonly Action[]
    const event = step.event.type === 'hold' ? undefined : this.#answers.translated(step.event)
    for (const action of done) if (isAsking(action)) this.#answers.asked(action)
    if (step.event.type === 'hold') this.#hold(book.rulesBeside(step.event))
    else this.#event(step.event, event)
    for (const action of done) this.#fates.action(action, 0)
    this.#settle()
  }

  #hold(rules: TopicRules): void {
    const isJudged = rules.judged || this.#options.judged.has(rules.name)
    const changed = this.#options.rules({ ...rules, judged: isJudged })
    this.#rules.set(rules.wireName, changed)
    this.#tell({ type: 'hold', rules: changed })
  }

  #event(event: Event, mine: Event | undefined): void {
    this.#fates.event(event, event.type === 'received' ? this.#rules.get(event.topic) : undefined)
    if (mine !== undefined) this.#tell(mine)
  }

  #tell(event: Event): void {
    for (const action of this.#machine.handle(event, this.#now)) {
      this.#fates.action(action, 1)
      if (action.type === 'judge' && this.#options.judged.has(action.topic)) this.#questions.push(action)
      else if (isAsking(action)) this.#queue.push(...this.#answers.to(action))
    }
  }

  #settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#tell(next)
  }

  /** The recording has ticks for the deadlines of its own machine. */
  #tickUntil(now: Millis, wakeup: Millis = Infinity): void {
    for (let tick = 0; tick < ticksMax; tick++) {
      const next = this.#machine.nextWakeup ?? Infinity
      if (next >= Math.min(now, wakeup)) return
      this.#now = Math.max(this.#now, next)
      this.#tell({ type: 'tick' })
      this.#settle()
    }
  }
}
