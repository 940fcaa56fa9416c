import {
  toHex,
  type Judgement,
  type Message,
  type ValidatorFault,
  type ValidatorFaults,
  type Verdict,
} from '@grapevine/protocol'
import { lineOf } from './line.ts'
import type { ValidatorSettings } from './settings.ts'
import { Speaker, type Channel, type Question } from './speaker.ts'

/** What an outside judge needs. */
export interface ExternalJudgeOptions {
  readonly settings: ValidatorSettings
  readonly timeoutMs: number
  /** Our own peer id. */
  readonly self: string
  /** A validator is given up; `hasAnswered`: whether it ever was of use. */
  readonly onFault: (fault: ValidatorFault, detail: string, hasAnswered: boolean) => void
}

/** A message at which validators break down so often is not judged: the others go on. */
const strikesMax = 3

/**
 * Has messages judged by a validator outside of this process. Questions go out in batches and are answered in order. What
 * a validator that is gone did not answer the next one is asked; nothing is lost, and nobody is blamed for a failure.
 */
export class ExternalJudge {
  readonly settings: ValidatorSettings
  readonly #options: ExternalJudgeOptions
  readonly #verdicts: Partial<Record<Verdict, number>> = {}
  readonly #faults: Partial<Record<ValidatorFault, number>> = {}
  #waiting: Question[] = []
  #first = 0
  #current: Speaker | undefined
  readonly #draining = new Set<Speaker>()
  #timer: NodeJS.Timeout | undefined
  /** Since when there is no validator. */
  #awaySince = performance.now()
  #isScheduled = false
  #isStopped = false
  asked = 0
  unjudged = 0

  constructor(options: ExternalJudgeOptions) {
    this.#options = options
    this.settings = options.settings
  }

  /** One judgement per message, in order; never rejects. */
  judge(messages: readonly Message[]): Promise<Judgement[]> {
    return Promise.all(messages.map((message) => this.#ask(message)))
  }

  /** Counts, for people. */
  get counts(): {
    readonly asked: number
    readonly unjudged: number
    readonly verdicts: Readonly<Partial<Record<Verdict, number>>>
    readonly failures: ValidatorFaults
    readonly waiting: number
    readonly inFlight: number
  } {
    const { asked, unjudged } = this
    const inFlight = [...this.#draining].reduce((sum, speaker) => sum + speaker.inFlight, this.#current?.inFlight ?? 0)
    const waiting = this.#waiting.length - this.#first
    return { asked, unjudged, verdicts: { ...this.#verdicts }, failures: { ...this.#faults }, waiting, inFlight }
  }

  /** Whether there is a validator. */
  get isServed(): boolean {
    return this.#current !== undefined
  }

  /** Asks this one from now on; the one before answers what it has. */
  attach(channel: Channel): Speaker {
    const speaker: Speaker = new Speaker(channel, {
      onAnswer: ({ verdict }) => {
        this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1
        this.#schedule()
      },
      onFault: (fault, detail, open) => {
        this.#faults[fault] = (this.#faults[fault] ?? 0) + 1
        const isCurrent = this.#current === speaker
        this.#lost(speaker, fault, open)
        // One that drains has its successor already.
        if (isCurrent) this.#options.onFault(fault, detail, speaker.answered > 0)
      },
    })
    const before = this.#current
    this.#current = speaker
    if (before !== undefined) {
      this.#draining.add(before)
      before.drain()
      if (before.isOver) this.#draining.delete(before)
    }
    this.#schedule()
    return speaker
  }

  /** The channel takes more. */
  resume(): void {
    this.#flush()
  }

  /** Ends all: what is under way is still answered; what waits was not judged. */
  stop(): void {
    this.#isStopped = true
    for (const speaker of [this.#current, ...this.#draining]) speaker?.drain()
    for (const question of this.#waiting.slice(this.#first)) this.#fail(question, 'error', 'the validator was stopped')
    this.#waiting = []
    this.#first = 0
  }

  #ask(message: Message): Promise<Judgement> {
    this.asked++
    return new Promise((resolve) => {
      const line = lineOf(message, this.#options.self)
      const question = { id: toHex(message.id), line, askedAt: performance.now(), resolve, strikes: 0 }
      if (this.#isStopped) return this.#fail(question, 'error', 'the validator was stopped')
      this.#waiting.push(question)
      this.#schedule()
    })
  }

  /** What comes in one turn of the event loop goes out together. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    this.#current?.ask(() => {
      const question = this.#waiting[this.#first]
      if (question !== undefined) this.#first++
      return question
    }, performance.now())
    if (this.#first > 4_096 || this.#first === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    this.#watch()
  }

  #watch(): void {
    if (this.#timer !== undefined) return
    const isBusy =
      this.#waiting.length > 0 || [this.#current, ...this.#draining].some((one) => (one?.inFlight ?? 0) > 0)
    if (!isBusy) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#check(performance.now())
        this.#watch()
      },
      Math.max(10, this.#options.timeoutMs / 10),
    )
    this.#timer.unref()
  }

  #check(now: number): void {
    const { timeoutMs } = this.#options
    for (const speaker of [this.#current, ...this.#draining]) speaker?.check(now, timeoutMs)
    for (const speaker of this.#draining) if (speaker.isOver) this.#draining.delete(speaker)
    // While a validator works, what waits for its turn may take its time; where none is, nothing may wait for ever.
    const isAway = (askedAt = now): boolean => now - Math.max(askedAt, this.#awaySince) > timeoutMs
    while (this.#current === undefined && isAway(this.#waiting[this.#first]?.askedAt))
      this.#fail(this.#waiting[this.#first++]!, 'timeout', 'no validator is running')
  }

  /** What was not answered is asked again, in its order and before all else. */
  #lost(speaker: Speaker, fault: ValidatorFault, open: readonly Question[]): void {
    if (this.#current === speaker) {
      this.#current = undefined
      this.#awaySince = performance.now()
    }
    this.#draining.delete(speaker)
    const [first, ...rest] = open
    const again = [...rest]
    // It was at work on the first: that one may be the reason.
    if (first !== undefined) {
      first.strikes++
      if (fault === 'silent') this.#fail(first, 'timeout', 'it did not answer in time')
      else if (first.strikes >= strikesMax) this.#fail(first, 'error', `it broke down ${strikesMax} times: ${fault}`)
      else again.unshift(first)
    }
    if (this.#isStopped) {
      for (const question of again) this.#fail(question, 'error', 'the validator was stopped')
      return
    }
    this.#waiting = [...again, ...this.#waiting.slice(this.#first)]
    this.#first = 0
    this.#schedule()
  }

  #fail({ resolve }: Question, failed: 'error' | 'timeout', reason: string): void {
    this.unjudged++
    resolve({ verdict: this.settings.onFailure, failed, reason })
  }
}
